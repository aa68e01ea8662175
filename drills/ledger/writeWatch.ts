import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { dial } from "../../redis/dial.ts";
import type { Endpoint } from "../../topology/topology.ts";

/** An interval in which a node accepted writes, in milliseconds of the monotonic clock. */
export interface Writable {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** Milliseconds between two attempts on one node. */
const period = 10;

/**
 * Milliseconds. Accepted writes that are further apart belong to different intervals, because it is unknown whether the
 * node accepted writes in between.
 */
const gap = 250;

/**
 * Tries continuously to write to each data node directly. It records which nodes acted as the master, and when, as a
 * client connected to that node would notice it.
 */
export class WriteWatch {
  readonly #accepted = new Map<string, number[]>();
  readonly #watching: readonly Promise<void>[];
  readonly #password: string;
  #closing = false;

  /** @param nodes by their name */
  constructor(nodes: ReadonlyMap<string, Endpoint>, password: string) {
    this.#password = password;
    this.#watching = [...nodes].map(([node, endpoint]) => this.#watch(node, endpoint));
  }

  /** The nodes that accepted a write in the last 250 ms. */
  writableNow(): readonly string[] {
    const since = performance.now() - gap;
    return [...this.#accepted].filter(([, times]) => (times.at(-1) ?? 0) > since).map(([node]) => node);
  }

  async close(): Promise<readonly Writable[]> {
    this.#closing = true;
    await Promise.all(this.#watching);
    return [...this.#accepted].flatMap(([node, times]) => spans(node, times));
  }

  async #watch(node: string, endpoint: Endpoint): Promise<void> {
    const accepted: number[] = [];
    this.#accepted.set(node, accepted);
    let client: Redis | undefined;
    while (!this.#closing) {
      const next = performance.now() + period;
      try {
        client ??= await dial(endpoint, this.#password);
        await client.set("ledger:watch", node);
        accepted.push(performance.now());
      } catch (error) {
        // A refusal means that the node accepts no writes. After any other failure the connection is no longer usable.
        if (!isRefusal(error)) {
          client?.disconnect();
          client = undefined;
        }
      }
      await delay(Math.max(0, next - performance.now()));
    }
    client?.disconnect();
  }
}

/** Milliseconds in which two nodes accepted writes at the same time. Writes to one of them in that time can be lost. */
export function overlap(times: readonly Writable[]): number {
  return times
    .flatMap((one, index) => times.slice(index + 1).map((other) => [one, other] as const))
    .filter(([one, other]) => one.node !== other.node)
    .map(([one, other]) => Math.min(one.to, other.to) - Math.max(one.from, other.from))
    .reduce((sum, length) => sum + Math.max(0, length), 0);
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

function spans(node: string, times: readonly number[]): readonly Writable[] {
  const found: { node: string; from: number; to: number }[] = [];
  for (const at of times) {
    const last = found.at(-1);
    if (last !== undefined && at - last.to <= gap) {
      last.to = at;
    } else {
      found.push({ node, from: at, to: at });
    }
  }
  return found;
}
