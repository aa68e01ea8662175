import { setTimeout as delay } from "node:timers/promises";
import type { DataNodePlan } from "../topology/topology.ts";
import type { DrilledSet } from "./drilledSet.ts";
import { overlap } from "./ledger/writeWatch.ts";
import { Traffic, type TrafficPlan, type TrafficRecord } from "./traffic.ts";

/** A fault that is injected into a set while clients write to it. Each step receives the name of the first master. */
export interface Drill {
  readonly inject: (master: string) => Promise<unknown>;
  /** Undoes the part of the fault that keeps clients from being served. */
  readonly repair?: (master: string) => Promise<unknown>;
  /** Which node has to serve the clients that follow the master before the drill continues. */
  readonly servedBy: "any node" | "another node";
  /** Milliseconds within which the clients have to be served. */
  readonly limit: number;
  /** Undoes the rest of the fault, once the clients are served again. */
  readonly recover?: (master: string) => Promise<unknown>;
}

/**
 * In milliseconds of the monotonic clock. A step that the drill does not have has the end time of the previous step.
 */
export interface DrillTimes {
  readonly injectedAt: number;
  readonly repairedAt: number;
  readonly recoveredAt: number;
  /** When every check passed again. */
  readonly wellAt: number;
}

export interface DrillResult<Kind extends string> extends DrillTimes, TrafficRecord<Kind> {
  /** The master before the fault. */
  readonly master: string;
  /** Milliseconds during which two nodes accepted writes at the same time. */
  readonly twoMasters: number;
}

/**
 * The time at which a node other than the first master accepted its first write, in milliseconds of the monotonic
 * clock. Infinity if no other node accepted one.
 */
export function movedAt({ writable, master, injectedAt }: DrillResult<string>): number {
  return Math.min(...writable.filter(({ node, from }) => node !== master && from > injectedAt).map(({ from }) => from));
}

/** Milliseconds of undisturbed traffic before the fault, for comparison. */
const undisturbed = 1000;

/**
 * Runs a drill on a healthy set under traffic, and waits until the set is healthy again.
 *
 * @throws VerificationError when the set is not healthy before the drill, or does not become healthy after it
 * @throws NotServedError when clients are not served in time
 * @throws NotMovedError when no other node becomes the master in time
 */
export async function runDrill<Kind extends string>(
  set: DrilledSet,
  drill: Drill,
  plan: TrafficPlan<Kind>,
): Promise<DrillResult<Kind>> {
  await set.well();
  const master = await set.master();
  const traffic = await Traffic.start(set, master, plan);
  const times = await runSteps(set, drill, master, traffic).catch(async (error: unknown) => {
    await traffic.stop();
    throw error;
  });
  const record = await (await traffic.stop()).audit(set);
  return { ...times, ...record, master: master.name, twoMasters: overlap(record.writable) };
}

async function runSteps(
  set: DrilledSet,
  drill: Drill,
  master: DataNodePlan,
  traffic: Traffic<string>,
): Promise<DrillTimes> {
  const { inject, repair, servedBy, limit, recover } = drill;
  await delay(undisturbed);
  const injectedAt = traffic.mark("fault injected");
  let repairedAt: number;
  let repaired: number;
  try {
    await inject(master.name);
    repairedAt = repair === undefined ? performance.now() : traffic.mark("repaired");
    await repair?.(master.name);
    repaired = performance.now();
    if (servedBy === "another node") {
      await traffic.movedFrom(master, limit);
    }
    // Only writes that were sent from now on count: earlier ones may have been acknowledged before the fault or by the
    // old master.
    await traffic.served(performance.now(), limit);
  } catch (error) {
    await undo(drill, master, error);
    throw error;
  }
  const recoveredAt = recover === undefined ? repaired : traffic.mark("recovered");
  await recover?.(master.name);
  await set.well();
  return { injectedAt, repairedAt, recoveredAt, wellAt: performance.now() };
}

/**
 * Recovers the set after a failed drill, so that the next drill starts with a healthy set.
 *
 * @throws AggregateError when the recovery fails too
 */
async function undo({ recover }: Drill, master: DataNodePlan, failure: unknown): Promise<void> {
  try {
    await recover?.(master.name);
  } catch (error) {
    throw new AggregateError([failure, error], "a drill failed, and so did the recovery after it", { cause: failure });
  }
}
