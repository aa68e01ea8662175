import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Redis } from "ioredis";
import type { DrilledSet } from "../../drills/drilledSet.ts";
import { audit, type LedgerReport } from "../../drills/ledger/audit.ts";
import { Ledger } from "../../drills/ledger/ledger.ts";
import { ioredisClient } from "../../drills/ledger/ledgerClient.ts";
import { seconds } from "../../drills/ledger/seconds.ts";
import { commaFields, infoFields } from "../../redis/replies.ts";
import { interruption } from "../../toolchain/base/interruption.mjs";
import { withDeployedSet } from "./failover/deployedSet.ts";

/** Other values of downAfter to try, in milliseconds. The set's Sentinels monitor the master with these values too. */
const tried = [300, 500, 1000];

/** A quorum that is never reached, so that monitoring with the tried values never causes a failover. */
const never = "9";

/** Milliseconds between two polls of the replicas. */
const pollInterval = 100;

/** How often each event or value occurred. */
type Counts = Map<string, number>;

/**
 * Keeps every core of the machine busy while clients write to a set. Counts how often a Sentinel marks a slow node as
 * down, and how long the master waits for answers of its replicas.
 *
 * @param minutes the duration of full load
 * @returns true if no failover started, and no write was refused or lost
 */
export async function main(minutes: number): Promise<boolean> {
  return withDeployedSet(async (set) => {
    await set.well();
    const master = set.clients.to(await set.master());
    const events: Counts = new Map();
    const listeners = await listen(set, events);
    const ledger = await Ledger.open({
      writesPerSecond: 500,
      client: () => ioredisClient(set.clients.throughSentinels()),
    });
    const lags = await withEveryCoreBusy(() => watchReplicas(master, minutes * 60_000)).finally(() => {
      for (const client of [master, ...listeners]) {
        client.disconnect();
      }
    });
    const record = await ledger.close();
    const report = await set.withNodes((nodes) => audit(record, nodes));
    process.stdout.write(described(set, events, lags, report));
    const failovers = events.get(`${set.target.masterName} +odown`) ?? 0;
    return failovers === 0 && report.lost.count === 0 && Object.keys(report.failed).length === 0;
  });
}

/** Subscribes to every Sentinel's events, and makes it monitor the master under more names with shorter downAfter. */
async function listen(set: DrilledSet, events: Counts): Promise<readonly Redis[]> {
  const { host, port } = (await set.master()).endpoint;
  const { sentinels, password } = set.target;
  const listeners = sentinels.map((sentinel) => set.clients.to(sentinel));
  for (const listener of listeners) {
    for (const downAfter of tried) {
      const name = `watched-${downAfter}`;
      await listener.call("SENTINEL", "MONITOR", name, host, String(port), never);
      await listener.call("SENTINEL", "SET", name, "auth-pass", password, "down-after-milliseconds", String(downAfter));
    }
    await listener.subscribe("+sdown", "+odown", "+switch-master", "+tilt");
    listener.on("message", (event: string, words: string) => {
      // "master NAME ADDRESS PORT", or for another node "slave ... @ NAME ADDRESS PORT". +switch-master starts with
      // NAME.
      const name = /@ (\S+)/.exec(words)?.[1] ?? /^(?:master )?(\S*)/.exec(words)?.[1] ?? "";
      count(events, `${name} ${event}`);
    });
  }
  return listeners;
}

/** Runs two busy threads per core while the work runs. */
async function withEveryCoreBusy<Result>(work: () => Promise<Result>): Promise<Result> {
  const busy = Array.from({ length: 2 * availableParallelism() }, () => new Worker("for (;;);", { eval: true }));
  try {
    return await work();
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

/** Counts the age of the latest answer of any replica to the master, in whole seconds. */
async function watchReplicas(master: Redis, time: number): Promise<Counts> {
  const lags: Counts = new Map();
  const end = performance.now() + time;
  while (performance.now() < end) {
    interruption.throwIfAborted();
    const fields = [...infoFields(await master.info("replication"))];
    const replicas = fields.filter(([name]) => /^slave\d+$/.test(name)).map(([, words]) => commaFields(words));
    count(lags, String(Math.min(...replicas.map((replica) => Number(replica.get("lag"))))));
    await delay(pollInterval);
  }
  return lags;
}

function count(counts: Counts, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function described({ target }: DrilledSet, events: Counts, lags: Counts, report: LedgerReport): string {
  const { masterName, sentinelRules } = target;
  const names = [...tried.map((downAfter) => [`watched-${downAfter}`, downAfter] as const)];
  const rows = [...names, [masterName, sentinelRules.downAfter] as const].map(([name, downAfter]) => {
    const seen = ["+sdown", "+odown", "+switch-master"].map((event) => events.get(`${name} ${event}`) ?? 0);
    return `| ${[`${downAfter} ms`, ...seen].join(" | ")} |`;
  });
  const polls = [...lags].toSorted().map(([lag, times]) => `${lag} s: ${times}`);
  return [
    "| downAfter | a node marked as down | the master marked as down by a quorum | new masters |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    `tilts: ${events.get(" +tilt") ?? 0}`,
    `polls by the age of the latest answer of a replica: ${polls.join(", ")}`,
    `${report.acknowledged} of ${report.written} writes acknowledged, ${report.lost.count} lost`,
    `refused: ${JSON.stringify(report.failed)}`,
    `longest pause of a client: ${seconds(Math.max(...report.pauses.map(({ length }) => length)))}`,
    "",
  ].join("\n");
}
