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

/** Milliseconds of down-after that are tried beside the set's own: by the same Sentinels, which here only watch. */
const TRIED = [300, 500, 1000];

/** A quorum that is never reached, so that what is only watched is never failed over. */
const NEVER = "9";

/** Milliseconds between two looks at the replicas. */
const LOOK = 100;

/** How often each was seen. */
type Counts = Map<string, number>;

/**
 * Keeps every core of the machine busy beside a set that is written to, and counts how often a Sentinel takes for down,
 * and the master for out of touch, what is only slow.
 *
 * @param minutes of full load
 * @returns whether no failover began, and nothing was refused or lost
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

/** Hears every Sentinel, and lets it watch the master a few times more, with a shorter down-after each. */
async function listen(set: DrilledSet, events: Counts): Promise<readonly Redis[]> {
  const { host, port } = (await set.master()).endpoint;
  const { sentinels, password } = set.target;
  const listeners = sentinels.map((sentinel) => set.clients.to(sentinel));
  for (const listener of listeners) {
    for (const downAfter of TRIED) {
      const name = `watched-${downAfter}`;
      await listener.call("SENTINEL", "MONITOR", name, host, String(port), NEVER);
      await listener.call("SENTINEL", "SET", name, "auth-pass", password, "down-after-milliseconds", String(downAfter));
    }
    await listener.subscribe("+sdown", "+odown", "+switch-master", "+tilt");
    listener.on("message", (event: string, words: string) => {
      // "master NAME ADDRESS PORT", or of another node: "slave ... @ NAME ADDRESS PORT"; +switch-master begins with it.
      const name = /@ (\S+)/.exec(words)?.[1] ?? /^(?:master )?(\S*)/.exec(words)?.[1] ?? "";
      count(events, `${name} ${event}`);
    });
  }
  return listeners;
}

/** Two threads a core that do nothing but want it, for as long as the work takes. */
async function withEveryCoreBusy<Result>(work: () => Promise<Result>): Promise<Result> {
  const busy = Array.from({ length: 2 * availableParallelism() }, () => new Worker("for (;;);", { eval: true }));
  try {
    return await work();
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

/** How long ago, in whole seconds, the replica that was the quickest has answered the master. */
async function watchReplicas(master: Redis, time: number): Promise<Counts> {
  const lags: Counts = new Map();
  const end = performance.now() + time;
  while (performance.now() < end) {
    interruption.throwIfAborted();
    const fields = [...infoFields(await master.info("replication"))];
    const replicas = fields.filter(([name]) => /^slave\d+$/.test(name)).map(([, words]) => commaFields(words));
    count(lags, String(Math.min(...replicas.map((replica) => Number(replica.get("lag"))))));
    await delay(LOOK);
  }
  return lags;
}

function count(counts: Counts, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function described({ target }: DrilledSet, events: Counts, lags: Counts, report: LedgerReport): string {
  const { masterName, sentinelRules } = target;
  const names = [...TRIED.map((downAfter) => [`watched-${downAfter}`, downAfter] as const)];
  const rows = [...names, [masterName, sentinelRules.downAfter] as const].map(([name, downAfter]) => {
    const seen = ["+sdown", "+odown", "+switch-master"].map((event) => events.get(`${name} ${event}`) ?? 0);
    return `| ${[`${downAfter} ms`, ...seen].join(" | ")} |`;
  });
  const looks = [...lags].toSorted().map(([lag, times]) => `${lag} s: ${times}`);
  return [
    "| down-after | a node seemed down | the master did to a quorum | new masters |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    `tilts: ${events.get(" +tilt") ?? 0}`,
    `last answer of the quickest replica, looks by its age: ${looks.join(", ")}`,
    `${report.acknowledged} of ${report.written} writes acknowledged, ${report.lost.count} lost`,
    `refused: ${JSON.stringify(report.failed)}`,
    `longest pause of a client: ${seconds(Math.max(...report.pauses.map(({ length }) => length)))}`,
    "",
  ].join("\n");
}
