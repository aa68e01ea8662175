import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

/**
 * Bytes that Redis reads from a connection at a time. It requests a buffer of 16 KiB, gets 20 KiB, which is the next
 * size of its allocator, and fills that (readQueryFromClient in networking.c). 20,368 bytes were measured.
 */
const oneRead = 20 * 1024;

/** Bytes of a connection that Redis may have read, but not yet answered, when it was frozen. */
const underWay = 1024;

describe("a frozen master that resumes after another node was promoted", () => {
  test("takes at most one read of the earlier writes of each connected client, and no later write", async ({
    newSet,
  }) => {
    const set = await newSet({ shell: "dash", redis: { minReplicasToWrite: 1, minReplicasMaxLag: 3 } });
    set.startAll();
    const master = await set.healthy();
    const patient = Array.from({ length: 8 }, (_, index) => new Writer(set, master, `patient-${index}`, 1));
    const hasty = Array.from({ length: 2 }, (_, index) => new Writer(set, master, `hasty-${index}`, 10_000));
    const writers = [...patient, ...hasty];
    await eventually(() => expect(writers.map(({ accepted }) => accepted)).not.toContain(0));

    const server = set.serverId(master);
    process.kill(server, "SIGSTOP");
    await leftBehind(set, master);
    const thawedAt = performance.now();
    process.kill(server, "SIGCONT");
    await eventually(async () => expect(await set.role(master)).toMatch(/^replica of .*, in sync$/));
    for (const writer of writers) {
      writer.stop();
    }

    const after = writers.map((writer) => writer.acceptedSince(thawedAt));
    expect(after.map(({ sentSince }) => sentSince)).toEqual(writers.map(() => 0));
    expect(writers.map((writer) => writer.refused)).not.toContain(0);
    // A client that waits for each answer has at most one write in flight.
    expect(Math.max(...after.slice(0, patient.length).map(({ sentBefore }) => sentBefore))).toBeLessThanOrEqual(1);
    const bytes = after.map(({ sentBefore }) => sentBefore * hasty[0]!.bytesPerWrite);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(oneRead + underWay);
  });
});

/** Waits until the Sentinels name another master, and no node follows the given one. */
async function leftBehind(set: ScriptedSet, master: DataNodePlan): Promise<void> {
  const others = set.topology.dataNodes.filter((node) => node !== master);
  await eventually(async () => {
    for (const sentinel of set.topology.sentinels) {
      expect(await set.named(sentinel)).not.toBe(master.name);
    }
    for (const other of others) {
      expect(await set.role(other)).not.toContain(`replica of ${master.name}`);
    }
  });
}

/** Writes to one node over one connection, once a millisecond while its window of unanswered writes has room. */
class Writer {
  /** Writes that the node has acknowledged. */
  accepted = 0;
  /** Writes that the node has refused for lack of replicas. */
  refused = 0;
  readonly #key: string;
  readonly #client: Redis;
  readonly #value = "x".repeat(100);
  readonly #answered: { readonly sentAt: number; readonly answeredAt: number }[] = [];
  #unanswered = 0;
  #stopped = false;

  /** @param window the greatest number of unanswered writes */
  constructor(set: ScriptedSet, node: DataNodePlan, key: string, window: number) {
    this.#key = key;
    this.#client = new Redis({ ...node.endpoint, password: set.password, retryStrategy: () => null });
    // The node closes the connection when it becomes a replica.
    this.#client.on("error", () => undefined);
    void this.#run(window);
  }

  /** The size of one SET command on the wire. */
  get bytesPerWrite(): number {
    const words = ["set", this.#key, this.#value];
    return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`.length;
  }

  /** Counts the writes acknowledged since `moment`: those sent before it, and those sent since. */
  acceptedSince(moment: number): { readonly sentBefore: number; readonly sentSince: number } {
    const since = this.#answered.filter(({ answeredAt }) => answeredAt >= moment);
    const sentSince = since.filter(({ sentAt }) => sentAt >= moment).length;
    return { sentBefore: since.length - sentSince, sentSince };
  }

  stop(): void {
    this.#stopped = true;
    this.#client.disconnect();
  }

  async #run(window: number): Promise<void> {
    while (!this.#stopped) {
      if (this.#unanswered < window) {
        void this.#write();
      }
      await delay(1);
    }
  }

  async #write(): Promise<void> {
    const sentAt = performance.now();
    this.#unanswered += 1;
    try {
      await this.#client.set(this.#key, this.#value);
      this.accepted += 1;
      this.#answered.push({ sentAt, answeredAt: performance.now() });
    } catch (error) {
      if (String(error).includes("NOREPLICAS")) {
        this.refused += 1;
      }
    } finally {
      this.#unanswered -= 1;
    }
  }
}
