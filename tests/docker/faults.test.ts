import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Drill, type DrillResult, runDrill } from "../../drills/drill.ts";
import { DrilledSet } from "../../drills/drilledSet.ts";
import type { ClientsRecord, TrafficPlan } from "../../drills/traffic.ts";
import { ioredisClient } from "../../ledger/ledgerClient.ts";
import type { Writable } from "../../ledger/writeWatch.ts";
import { targetOf } from "../../operations/deployedSet.ts";
import { describeWithDocker } from "./daemon.ts";
import { Deployment } from "./deployment.ts";
import { DockerFaults, withoutFaults } from "./dockerFaults.ts";
import { setWithGateway } from "./places.ts";

const set = setWithGateway("ha-test-faults");

/** How often the whole table; once is enough to see that nothing is broken, figures want more. */
const rounds = Number(process.env["REDIS_HA_FAULT_ROUNDS"] ?? 1);

let deployment: Deployment;
let faults: DockerFaults;
let drilled: DrilledSet;

/** What befalls the set, and what must hold all the same. */
interface Fault extends Drill {
  readonly what: string;
  readonly holds: Promises;
}

/** All in milliseconds. */
interface Promises {
  /** Without an acknowledgement, for clients that follow the master. */
  readonly pause: number;
  /** In which two nodes took writes at once. */
  readonly twoMasters: number;
  /** Of acknowledged writes that clients lose which follow the master. */
  readonly loss: number;
  /** The same for clients that stay with the old master whatever happens. */
  readonly lossByStaying: number;
  /** From the moment when all is restored until every check passes. */
  readonly well: number;
}

const nothing = { twoMasters: 0, loss: 0, lossByStaying: 0 };

/**
 * Redis answers its clients and feeds its replicas in the same turn of its loop, a fraction of a millisecond long. A
 * master that is killed between the two has said yes to what no replica has: one write of 4,352, seen once.
 */
const oneTurn = { ...nothing, loss: 2, lossByStaying: 2 };

const otherSentinels = ["sentinel-1", "sentinel-2"];

const table: readonly Fault[] = [
  {
    what: "the master's process dies, and Docker starts it again",
    strike: (master) => faults.crash(master),
    servedBy: "any node",
    limit: 10_000,
    holds: { ...nothing, pause: 5000, well: 15_000 },
  },
  {
    what: "the master is killed",
    strike: (master) => faults.kill(master),
    servedBy: "another node",
    limit: 10_000,
    restore: (master) => faults.start(master),
    holds: { ...oneTurn, pause: 6000, well: 10_000 },
  },
  {
    what: "the master is frozen, and thaws",
    strike: (master) => faults.freeze(master),
    servedBy: "another node",
    limit: 10_000,
    restore: (master) => faults.thaw(master),
    holds: { ...nothing, pause: 7000, lossByStaying: 1000, well: 20_000 },
  },
  {
    what: "the master is cut off from all other nodes",
    strike: (master) => faults.isolate(master),
    servedBy: "another node",
    limit: 20_000,
    restore: (master) => faults.heal(master),
    holds: { pause: 6000, twoMasters: 2000, loss: 5000, lossByStaying: 5000, well: 20_000 },
  },
  {
    what: "two Sentinels are killed, then the master",
    strike: async (master) => {
      for (const node of [...otherSentinels, master]) {
        await faults.kill(node);
      }
      await delay(2 * drilled.target.sentinelRules.downAfter);
    },
    mend: () => Promise.all(otherSentinels.map((node) => faults.start(node))),
    servedBy: "another node",
    limit: 30_000,
    restore: (master) => faults.start(master),
    holds: { ...oneTurn, pause: 20_000, well: 5000 },
  },
  {
    what: "the master is back at once without its data",
    strike: (master) => faults.restartWithoutData(master),
    servedBy: "another node",
    limit: 30_000,
    holds: { ...oneTurn, pause: 10_000, well: 15_000 },
  },
  {
    what: "everything is killed, and started",
    strike: () => onEveryNode((node) => faults.kill(node)),
    mend: () => onEveryNode((node) => faults.start(node)),
    servedBy: "any node",
    limit: 60_000,
    holds: { ...nothing, pause: 20_000, well: 20_000 },
  },
  {
    what: "everything is stopped, and started",
    strike: () => onEveryNode((node) => faults.stop(node)),
    mend: () => onEveryNode((node) => faults.start(node)),
    servedBy: "any node",
    limit: 60_000,
    holds: { ...nothing, pause: 20_000, well: 15_000 },
  },
  {
    what: "the master hands over",
    strike: (master) => faults.handOver(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 2000, well: 10_000 },
  },
  {
    what: "a setting is changed, and every data node restarts",
    strike: async () => {
      await deployment.configure({ ...set, redis: { timeout: "1h" } });
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
    },
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 5000, well: 10_000 },
  },
];

type Kind = "sentinel" | "gateway" | "staying" | "waiting";

/**
 * The first kind makes the load; of the others there are a few, to see what befalls them: plain clients of the gateway,
 * clients that stay with the node that was the master when they began, and such that also wait for a replica.
 */
const traffic: TrafficPlan<Kind> = ({ clients }, master) => {
  const few = { writers: 2, writesPerSecond: 100, follow: false };
  return {
    sentinel: { client: () => ioredisClient(clients.throughSentinels()), follow: true },
    gateway: { ...few, client: () => ioredisClient(clients.throughGateway()), follow: true },
    staying: { ...few, client: () => ioredisClient(clients.to(master)) },
    waiting: { ...few, client: () => ioredisClient(clients.to(master), { replicas: 1, timeout: 100 }) },
  };
};

describeWithDocker("a set under traffic", tests, withoutFaults);

function tests(): void {
  const seen = [...heading];

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    faults = new DockerFaults(deployment.onDocker);
    drilled = await DrilledSet.reach(targetOf(await deployment.deployedSet()));
    return async () => {
      await drilled.close();
      await deployment.dispose();
    };
  });

  afterAll(() => console.log(seen.join("\n")));

  test.each(repeated(table, rounds))("$what", async (fault) => {
    const result = await runDrill(drilled, fault, traffic);
    seen.push(row(fault.what, result));
    const { sentinel, gateway, staying, waiting } = result.clients;
    expect(lossOf(sentinel)).toBeLessThanOrEqual(fault.holds.loss);
    expect(lossOf(gateway)).toBeLessThanOrEqual(fault.holds.loss);
    expect(lossOf(staying)).toBeLessThanOrEqual(fault.holds.lossByStaying);
    expect(lossOf(waiting)).toBe(0);
    expect(result.twoMasters).toBeLessThanOrEqual(fault.holds.twoMasters);
    expect(longestPause(sentinel)).toBeLessThanOrEqual(fault.holds.pause);
    expect(longestPause(gateway)).toBeLessThanOrEqual(fault.holds.pause);
    expect(result.wellAt - result.restoredAt).toBeLessThanOrEqual(fault.holds.well);
    for (const { report } of Object.values(result.clients)) {
      expect(Object.values(report.missing)).toEqual([0, 0]);
    }
  });
}

/** Milliseconds from the first lost write to the last; a single one counts as one. */
function lossOf({ report }: ClientsRecord): number {
  const { window } = report.lost;
  return window === undefined ? 0 : Math.max(1, window.to - window.from);
}

function longestPause({ report }: ClientsRecord): number {
  return Math.max(...report.pauses.map(({ length }) => length));
}

const heading = [
  "| fault | longest pause: Sentinels, gateway | lost: Sentinels, gateway, staying, waiting | two masters | new masters | well |",
  "| --- | --- | --- | --- | --- | --- |",
];

function row(what: string, { clients, ...result }: DrillResult<Kind>): string {
  const lost = Object.values(clients).map(({ report }) => `${report.lost.count} of ${report.acknowledged}`);
  const cells = [
    what,
    `${seconds(longestPause(clients.sentinel))}, ${seconds(longestPause(clients.gateway))}`,
    lost.join(", "),
    seconds(result.twoMasters),
    mastersOf(result.writable).length - 1,
    seconds(result.wellAt - result.restoredAt),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The nodes that took writes, one after another. */
function mastersOf(writable: readonly Writable[]): readonly string[] {
  const inOrder = writable.toSorted((one, other) => one.from - other.from).map(({ node }) => node);
  return inOrder.filter((node, index) => node !== inOrder[index - 1]);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

async function onEveryNode(action: (node: string) => Promise<void>): Promise<void> {
  const { dataNodes, sentinels } = drilled.target;
  await Promise.all([...dataNodes, ...sentinels].map(({ name }) => action(name)));
}

function repeated<Row>(rows: readonly Row[], times: number): readonly Row[] {
  return Array.from({ length: times }, () => rows).flat();
}
