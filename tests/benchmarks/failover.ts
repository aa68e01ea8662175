import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { DrilledSet } from "../../drills/drilledSet.ts";
import type { NodeFaults } from "../../drills/nodeFaults.ts";
import { interruption } from "../../toolchain/base/interruption.mjs";
import { withDeployedSet } from "./failover/deployedSet.ts";
import { distributionPicture } from "./failover/distributionPicture.ts";
import { type Figure, figuresOf } from "./failover/figures.ts";
import { events, measure, type Run } from "./failover/measurement.ts";
import { tableOf } from "./failover/table.ts";
import { timeLinePicture } from "./failover/timeLinePicture.ts";

export interface FailoverBenchmark {
  /** The number of runs of each event. */
  readonly runs: number;
  /** Folder for the JSON file and the pictures. */
  readonly output: string;
}

/**
 * Times failovers and planned switchovers as clients see them, on a set that it deploys on Docker.
 *
 * @returns true if every goal was met
 */
export async function main({ runs, output }: FailoverBenchmark): Promise<boolean> {
  return withDeployedSet(async (set, faults) => publish(await measureAll(set, faults, runs), set, output));
}

/** Measures the events in turn, so that other load on the machine affects all of them alike. */
async function measureAll(set: DrilledSet, faults: NodeFaults, runs: number): Promise<readonly Run[]> {
  const measured: Run[] = [];
  for (let run = 1; run <= runs; run += 1) {
    for (const event of events) {
      interruption.throwIfAborted();
      measured.push(await measure(event, set, faults));
    }
    process.stderr.write(`run ${run} of ${runs}\n`);
  }
  return measured;
}

async function publish(runs: readonly Run[], set: DrilledSet, folder: string): Promise<boolean> {
  const { downAfter } = set.target.sentinelRules;
  const figures = figuresOf(runs, downAfter);
  await mkdir(folder, { recursive: true });
  const result = {
    taken: new Date().toISOString(),
    machine: machine(),
    rules: rulesOf(set),
    figures,
    // The history of one run is in a picture. The histories of all runs would need a megabyte.
    runs: runs.map(({ history: _, ...run }) => run),
  };
  await writeFile(join(folder, "failover.json"), `${JSON.stringify(result, undefined, 1)}\n`);
  await writeFile(join(folder, "failover-distribution.svg"), distributionPicture(runs, figures, downAfter));
  await writeFile(join(folder, "failover-time-line.svg"), timeLineOf(runs, figures));
  process.stdout.write(`${tableOf(figures)}\n\nwritten to ${folder}\n`);
  return figures.every(({ goals }) => goals.every(({ met }) => met));
}

/** Draws the run with a killed master that is nearest to the median. */
function timeLineOf(runs: readonly Run[], figures: readonly Figure[]): string {
  const killed = runs.filter(({ event }) => event === "killed");
  const median = figures.find(({ event, subject }) => event === "killed" && subject === "server")?.p50 ?? 0;
  const [typical] = killed.toSorted((one, other) => Math.abs(one.server - median) - Math.abs(other.server - median));
  if (typical === undefined) {
    throw new Error("a benchmark needs at least one run");
  }
  return timeLinePicture(typical.history, "One failover: the master is killed under 2,000 writes a second");
}

function machine(): { readonly cores: number; readonly model: string; readonly node: string } {
  return { cores: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version };
}

function rulesOf({ target }: DrilledSet): object {
  return { sentinel: target.sentinelRules, redis: target.redisRules };
}
