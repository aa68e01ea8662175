import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { dial } from "../../redis/dial.ts";
import type { Endpoint } from "../../topology/topology.ts";

/** A time in which a node took writes, in milliseconds of the monotonic clock. */
export interface Writable {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** Milliseconds between two attempts on one node. */
const PERIOD = 10;

/** Milliseconds. Accepted attempts that are further apart are not one interval: what happened in between is unknown. */
const GAP = 250;

/**
 * Tries all the time to write to each data node itself. What it sees is what any client can see that is connected to
 * that node, however it came to be, and so which nodes acted as the master, and when.
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

  /** The nodes that took a write in the last quarter of a second. */
  writableNow(): readonly string[] {
    const since = performance.now() - GAP;
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
      const next = performance.now() + PERIOD;
      try {
        client ??= await dial(endpoint, this.#password);
        await client.set("ledger:watch", node);
        accepted.push(performance.now());
      } catch (error) {
        // Refused: this node takes no writes. Any other failure: the connection is of no more use.
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

/** Milliseconds in which two nodes took writes at once: what one of them took then can be lost. */
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
    if (last !== undefined && at - last.to <= GAP) {
      last.to = at;
    } else {
      found.push({ node, from: at, to: at });
    }
  }
  return found;
}
