import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runDrill } from "../../drills/drill.ts";
import { DrilledSet } from "../../drills/drilledSet.ts";
import { targetOf } from "../../redis/target.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { DockerFaults, withoutFaults } from "../support/docker/dockerFaults.ts";
import { setWithGateway } from "../support/docker/places.ts";
import {
  expectToHold,
  type Fault,
  FaultTable,
  nothing,
  oneTurn,
  repeated,
  trafficOf,
} from "../support/stacks/faultTable.ts";

const set = setWithGateway("ha-test-faults");

let deployment: Deployment;
let faults: DockerFaults;
let drilled: DrilledSet;

const otherSentinels = ["sentinel-1", "sentinel-2"];

const table: readonly Fault[] = [
  {
    what: "the master's server process crashes, and Docker restarts the node",
    inject: (master) => faults.crash(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...oneTurn, pause: 5000, well: 15_000 },
  },
  {
    what: "the master is killed",
    inject: (master) => faults.kill(master),
    servedBy: "another node",
    limit: 10_000,
    recover: (master) => faults.start(master),
    holds: { ...oneTurn, pause: 6000, well: 10_000 },
  },
  {
    what: "the master is frozen, and resumes",
    inject: (master) => faults.freeze(master),
    servedBy: "another node",
    limit: 10_000,
    recover: (master) => faults.thaw(master),
    holds: { ...nothing, pause: 7000, lossByStaying: 1000, well: 20_000 },
  },
  {
    what: "the master is cut off from all other nodes",
    inject: (master) => faults.isolate(master),
    servedBy: "another node",
    limit: 20_000,
    recover: (master) => faults.heal(master),
    holds: { pause: 6000, twoMasters: 2000, loss: 5000, lossByStaying: 5000, well: 20_000 },
  },
  {
    what: "two Sentinels are killed, then the master",
    inject: async (master) => {
      for (const node of [...otherSentinels, master]) {
        await faults.kill(node);
      }
      await delay(2 * drilled.target.sentinelRules.downAfter);
    },
    repair: () => Promise.all(otherSentinels.map((node) => faults.start(node))),
    servedBy: "another node",
    limit: 30_000,
    recover: (master) => faults.start(master),
    holds: { ...oneTurn, pause: 20_000, well: 5000 },
  },
  {
    what: "the master restarts at once without its data",
    inject: (master) => faults.restartWithoutData(master),
    servedBy: "another node",
    limit: 30_000,
    holds: { ...oneTurn, pause: 10_000, well: 15_000 },
  },
  {
    what: "all nodes are killed, and started again",
    inject: () => onEveryNode((node) => faults.kill(node)),
    repair: () => onEveryNode((node) => faults.start(node)),
    servedBy: "any node",
    limit: 60_000,
    holds: { ...nothing, pause: 20_000, well: 20_000 },
  },
  {
    what: "all nodes are stopped, and started again",
    inject: () => onEveryNode((node) => faults.stop(node)),
    repair: () => onEveryNode((node) => faults.start(node)),
    servedBy: "any node",
    limit: 60_000,
    holds: { ...nothing, pause: 20_000, well: 15_000 },
  },
  {
    what: "the master is switched over",
    inject: (master) => faults.handOver(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 2000, well: 10_000 },
  },
  {
    what: "a setting is changed, and every data node restarts",
    inject: async () => {
      await deployment.configure({ ...set, redis: { timeout: "1h" } });
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
    },
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 2000, well: 10_000 },
  },
];

const traffic = trafficOf(({ clients }) => clients.throughGateway());

describeWithDocker("a set under traffic", tests, withoutFaults);

function tests(): void {
  const seen = new FaultTable();

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    faults = new DockerFaults(deployment.onDocker);
    drilled = await DrilledSet.reach(targetOf(await deployment.deployedSet()));
    return () => deployment.dispose();
  });

  afterAll(() => seen.print());

  test.each(repeated(table))("stays within the limits for pauses and losses when $what", async (fault) => {
    const result = await runDrill(drilled, fault, traffic);
    seen.add(fault.what, result);
    expectToHold(result, fault.holds);
  });
}

async function onEveryNode(action: (node: string) => Promise<void>): Promise<void> {
  const { dataNodes, sentinels } = drilled.target;
  await Promise.all([...dataNodes, ...sentinels].map(({ name }) => action(name)));
}
