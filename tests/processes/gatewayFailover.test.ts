import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect } from "vitest";
import { audit } from "../../drills/ledger/audit.ts";
import { Ledger } from "../../drills/ledger/ledger.ts";
import { recoveries } from "../../drills/ledger/pauses.ts";
import type { LedgerRecord } from "../../drills/ledger/record.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { type Situation, signal, test } from "../support/processes/gatewayTest.ts";
import type { LoopbackGateway } from "../support/processes/loopbackGateway.ts";
import { defaultDownAfter, eventually } from "../support/processes/scriptedSet.ts";

/** Milliseconds after a fault within which every writer must be served again. */
const recoveryLimit = defaultDownAfter + 1500;

/** Milliseconds after a fault within which answers that the node sent before the fault may still arrive. */
const underWay = 50;

describe.concurrent("a gateway without a master", () => {
  test("routes reads to a replica, and to the replicas in sync once there is a master again", async ({ ready }) => {
    const { set, gateway, master, replicas } = await withKey(await ready());
    await set.stop([...set.topology.sentinels, master]);
    const left = [...replicas.map(({ name }) => `${name}-without-master`), "no-node-yet"];
    await eventually(async () => expect(await gateway.up("replicas")).toEqual(left));
    const reader = gateway.client(gateway.plan.reads, { retryStrategy: () => null });
    const ended = once(reader, "end");
    expect(await reader.get("key")).toBe("value");
    set.start(...set.topology.sentinels, master);
    const inSync = [...replicas.map(({ name }) => name), `${master.name}-as-master`, "no-node-yet"];
    await eventually(async () => expect(await gateway.up("replicas")).toEqual(inSync));
    await ended;
  });

  test("routes no reads to a replica that has no data or is configured to refuse stale reads", async ({ ready }) => {
    const { set, gateway, master, replicas } = await withKey(await ready());
    const [empty, refusing] = replicas;
    await set.call(refusing, "CONFIG", "SET", "replica-serve-stale-data", "no");
    await set.stop([...set.topology.sentinels, master, empty]);
    await set.loseVolume(empty);
    set.start(empty);
    await eventually(async () => {
      expect(await gateway.up("members")).toEqual([empty.name, refusing.name]);
      expect(await gateway.up("replicas")).toEqual(["no-node-yet"]);
    });
    expect(await set.call(empty, "ROLE")).toContain("slave");
    await set.call(refusing, "CONFIG", "SET", "replica-serve-stale-data", "yes");
    await eventually(async () => expect(await gateway.ask(gateway.plan.reads)).toBe(refusing.name));
    expect(await gateway.up("has-data")).toEqual([refusing.name]);
  });
});

describe.concurrent("a gateway during a failover", () => {
  test("answers reads while the master is killed and replaced", async ({ ready }) => {
    const situation = await withKey(await ready());
    const { set, gateway, master } = situation;
    const reads = new Reads(gateway);
    await set.stop([master]);
    const promoted = await sentinelsName(situation);
    await eventually(async () => expect(await gateway.up("decided")).toEqual([promoted.name]));
    await reads.close();
    expect(reads.values).toEqual(new Set(["value"]));
    // Shorter than Sentinel needs to mark the master as down, so reads do not wait for a new master.
    expect(reads.longestGap).toBeLessThan(defaultDownAfter / 2);
  });

  test("routes every writer to the new master, and no acknowledged write is lost", async ({ ready }) => {
    const situation = await ready();
    const { set, gateway, master } = situation;
    const { ledger, answeredBy } = await openLedger(gateway);
    await set.stop([master]);
    const killed = ledger.mark("the master has been killed");
    await ledger.served(killed, 3 * defaultDownAfter);
    const promoted = await sentinelsName(situation);
    const record = await ledger.close();
    const report = await reportOf(record, situation, promoted);
    expect(report.lost).toEqual({ count: 0, window: undefined, examples: [] });
    expect(answeredBy(killed + underWay)).toEqual(new Set([promoted.name]));
    expect(Math.max(...recoveries(record, killed))).toBeLessThan(recoveryLimit);
    // Each of the eight writers may lose the write in flight when the master dies. With the client library's default
    // options, its next write waits in the gateway.
    expect(failures(report.failed)).toBeLessThanOrEqual(8);
  });

  test.for([
    ["after all Sentinels have named another master", sentinelsName],
    ["as soon as another node reports itself as the master", anotherIsMaster],
  ] as const)("sends no write to a frozen master that resumes %s", async ([_, moment], { ready }) => {
    const situation = await ready();
    const { set, gateway, master } = situation;
    const { ledger, answeredBy } = await openLedger(gateway);
    const frozen = ledger.mark("the master is frozen");
    signal(set, [master], "SIGSTOP");
    await moment(situation);
    signal(set, [master], "SIGCONT");
    await ledger.served(ledger.mark("the master resumes"), 3 * defaultDownAfter);
    const promoted = await sentinelsName(situation);
    // For 8 s Sentinel tolerates that a replaced master still reports itself as the master.
    await eventually(async () => expect(await set.role(master)).toBe(`replica of ${promoted.name}, in sync`));
    const record = await ledger.close();
    const report = await reportOf(record, situation, promoted);
    expect(report.lost).toEqual({ count: 0, window: undefined, examples: [] });
    expect(answeredBy(frozen + underWay)).toEqual(new Set([promoted.name]));
  });

  // The Sentinels name a frozen master until 0.8 s after they have promoted its successor. The gateway may see the former
  // master answer before it sees its successor.
  test("routes writes to a resumed master only after 0.25 s, even if the Sentinels name it", async ({ ready }) => {
    const { set, gateway, master, replicas } = await ready();
    await set.readyForFailover();
    await Promise.all(replicas.map((node) => set.call(node, "CONFIG", "SET", "replica-priority", "0")));
    await set.prioritiesAre(() => 0);
    signal(set, [master], "SIGSTOP");
    await eventually(async () => expect(await gateway.up("decided")).toEqual([]));
    const resumed = performance.now();
    signal(set, [master], "SIGCONT");
    await eventually(async () => expect(await gateway.up("decided")).toEqual([master.name]));
    // Each of five checks may begin a millisecond early.
    expect(performance.now() - resumed).toBeGreaterThan(245);
    expect(await gateway.ask(gateway.plan)).toBe(master.name);
  });

  test("routes to the new master of a planned switchover, and no client receives READONLY", async ({ ready }) => {
    const situation = await ready();
    const { set, gateway, master } = situation;
    const { ledger } = await openLedger(gateway);
    expect(await set.handOver(master)).toMatchObject({ exitCode: 0 });
    await ledger.served(performance.now(), 3 * defaultDownAfter);
    const promoted = await sentinelsName(situation);
    const report = await reportOf(await ledger.close(), situation, promoted);
    expect(report.lost).toEqual({ count: 0, window: undefined, examples: [] });
    expect(Object.keys(report.failed).filter((reason) => reason.includes("READONLY"))).toEqual([]);
    // Unlike a failover after a fault, a switchover does not wait for downAfter.
    expect(Math.max(...report.pauses.map(({ length }) => length))).toBeLessThan(defaultDownAfter);
  });
});

/** Writes a key, and waits until every node has it. */
async function withKey(situation: Situation): Promise<Situation> {
  const { set, master } = situation;
  await set.call(master, "SET", "key", "value");
  expect(await set.call(master, "WAIT", "2", "5000")).toBe(2);
  return situation;
}

/** Reads one key in a loop, with the client library's default options. */
class Reads {
  readonly values = new Set<unknown>();
  /** The longest time between two answers, in milliseconds. */
  longestGap = 0;
  readonly #done: Promise<void>;
  #closed = false;

  constructor(gateway: LoopbackGateway) {
    this.#done = this.#run(gateway);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#done;
  }

  async #run(gateway: LoopbackGateway): Promise<void> {
    const client = gateway.client(gateway.plan.reads);
    let last = performance.now();
    while (!this.#closed) {
      this.values.add(await client.get("key"));
      const answered = performance.now();
      this.longestGap = Math.max(this.longestGap, answered - last);
      last = answered;
      await delay(1);
    }
  }
}

/** Opens eight writers through the gateway. `answeredBy` gives the nodes that acknowledged a write after a moment. */
async function openLedger(gateway: LoopbackGateway) {
  const answers: { readonly at: number; readonly node: string }[] = [];
  const ledger = await Ledger.open({
    client: () => gateway.writer((node) => answers.push({ at: performance.now(), node })),
    writesPerSecond: 800,
  });
  const answeredBy = (since: number) => new Set(answers.filter(({ at }) => at > since).map(({ node }) => node));
  return { ledger, answeredBy };
}

/** Waits until all Sentinels name the same former replica as the master, and returns it. */
function sentinelsName({ set, replicas }: Situation): Promise<DataNodePlan> {
  return eventually(async () => {
    const named = await Promise.all(set.topology.sentinels.map((sentinel) => set.named(sentinel)));
    expect(new Set(named).size).toBe(1);
    return one(replicas.filter(({ name }) => name === named[0]));
  });
}

/** Waits until a replica reports itself as the master, and returns it. The Sentinels name it 0.8 s later. */
function anotherIsMaster({ set, replicas }: Situation): Promise<DataNodePlan> {
  return eventually(async () => {
    const roles = await Promise.all(replicas.map((node) => set.role(node)));
    return one(replicas.filter((_, index) => roles[index] === "master"));
  });
}

async function reportOf(record: LedgerRecord, { set }: Situation, master: DataNodePlan) {
  const node = { hkeys: async (key: string) => (await set.call(master, "HKEYS", key)) as string[] };
  return audit(record, { master: node, replicas: {} });
}

function failures(failed: Readonly<Record<string, number>>): number {
  return Object.values(failed).reduce((sum, count) => sum + count, 0);
}

function one(nodes: readonly DataNodePlan[]): DataNodePlan {
  const [node] = nodes;
  expect(node).toBeDefined();
  return node as DataNodePlan;
}
