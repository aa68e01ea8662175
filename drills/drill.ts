import { setTimeout as delay } from "node:timers/promises";
import type { DataNodePlan } from "../topology/topology.ts";
import type { DrilledSet } from "./drilledSet.ts";
import { overlap } from "./ledger/writeWatch.ts";
import { Traffic, type TrafficPlan, type TrafficRecord } from "./traffic.ts";

/** Something that befalls a set while clients write to it. Each step is given the name of the first master. */
export interface Drill {
  readonly inject: (master: string) => Promise<unknown>;
  /** What has to happen before clients can be served again. */
  readonly repair?: (master: string) => Promise<unknown>;
  /** Who has to serve the clients that follow the master before it goes on. */
  readonly servedBy: "any node" | "another node";
  /** Milliseconds for that. */
  readonly limit: number;
  /** Undoes the rest, once they are served again. */
  readonly recover?: (master: string) => Promise<unknown>;
}

/** In milliseconds of the monotonic clock. A step that there was not has the time at which the one before was over. */
export interface DrillTimes {
  readonly injectedAt: number;
  readonly repairedAt: number;
  readonly recoveredAt: number;
  /** When every check passed again. */
  readonly wellAt: number;
}

export interface DrillResult<Kind extends string> extends DrillTimes, TrafficRecord<Kind> {
  /** The master at the beginning. */
  readonly master: string;
  /** Milliseconds in which two nodes took writes at once. */
  readonly twoMasters: number;
}

/** When another node than the first master took its first write: milliseconds of the monotonic clock, Infinity for never. */
export function movedAt({ writable, master, injectedAt }: DrillResult<string>): number {
  return Math.min(...writable.filter(({ node, from }) => node !== master && from > injectedAt).map(({ from }) => from));
}

/** Milliseconds of traffic before anything happens, to compare with. */
const UNDISTURBED = 1000;

/**
 * Lets something befall a set that is well, under traffic, and looks until it is well again.
 *
 * @throws VerificationError when it was not well, or does not become well; NotServedError
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
  await delay(UNDISTURBED);
  const injectedAt = traffic.mark("struck");
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
    // What was sent before it had struck, or to the old master, says nothing.
    await traffic.served(performance.now(), limit);
  } catch (error) {
    await undo(drill, master, error);
    throw error;
  }
  const recoveredAt = recover === undefined ? repaired : traffic.mark("restored");
  await recover?.(master.name);
  await set.well();
  return { injectedAt, repairedAt, recoveredAt, wellAt: performance.now() };
}

/**
 * Undoes a drill that has failed, as far as it has come: the next one begins with a set that is well.
 *
 * @throws AggregateError when that fails too
 */
async function undo({ recover }: Drill, master: DataNodePlan, failure: unknown): Promise<void> {
  try {
    await recover?.(master.name);
  } catch (error) {
    throw new AggregateError([failure, error], "a drill failed, and so did undoing it", { cause: failure });
  }
}
