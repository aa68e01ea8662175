import { beforeAll, expect, test } from "vitest";
import type { DeployedSet } from "../../operations/deployedSet.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "../stacks/engineOutput.ts";
import { askNode, underLoad } from "./application.ts";
import { describeWithDocker } from "./daemon.ts";
import { type Configuration, Deployment } from "./deployment.ts";
import { bareSet } from "./places.ts";

const set = bareSet("ha-test-changes");

describeWithDocker("a set that is changed while applications write", () => {
  let deployment: Deployment;
  let deployed: DeployedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("holds data before", async () => {
    await expectToUpdate(set);
    await expectNothingToDo();
  });

  test("takes a new setting with one switchover in all, the master last, and a preview that shows no order", async () => {
    await expectOneSwitchover({ ...set, redis: { timeout: "61s" } });
    expect(await startOrder("redis-")).toEqual(["redis-1", "redis-2", "redis-0"]);
  });

  test("takes the next one with the master of that moment last", async () => {
    const master = await masterName();
    expect(master).not.toBe("redis-0");
    await expectOneSwitchover({ ...set, redis: { timeout: "62s" } });
    expect((await startOrder("redis-")).at(-1)).toBe(master);
  });

  test("after failovers has nothing to change, and `preview` and `refresh` agree", async () => {
    const before = await masterName();
    await askNode(deployed, deployed.topology.sentinels[0]!, "SENTINEL", "FAILOVER", "mymaster");
    await expect.poll(masterName, { timeout: 30_000, interval: 200 }).not.toBe(before);
    const after = await masterName();
    await expectNothingToDo();
    for (const { exitCode, output } of [await deployment.preview(), await deployment.findDrift()]) {
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    }
    expect(await masterName()).toBe(after);
  });

  test("grows from two replicas to five", async () => {
    await expectOneSwitchover({ ...set, replicas: 5 });
    expect(await ghostsAndMissing()).toEqual([]);
  });

  test("grows from three Sentinels to five, whose quorum is three", async () => {
    await expectOneSwitchover({ ...set, replicas: 5, sentinels: { count: 5 } });
    expect(await ghostsAndMissing()).toEqual([]);
    expect(await everySentinelSays("quorum")).toEqual(["3", "3", "3", "3", "3"]);
  });

  test("shrinks to three replicas, and the master hands over to none of those that leave", async () => {
    await lead("redis-0");
    await expectOneSwitchover({ ...set, replicas: 3, sentinels: { count: 5 } });
    expect(await ghostsAndMissing()).toEqual([]);
  });

  test("shrinks to one replica although the master is among those that leave, and no Sentinel remembers them", async () => {
    await lead("redis-3");
    await expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 5 } });
    expect(await ghostsAndMissing()).toEqual([]);
    expect(await deployment.onDocker.everything()).not.toContain("container ha-test-changes-redis-2");
  });

  test("shrinks to three Sentinels, whose quorum is two, and none remembers the others", async () => {
    await expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 3 } });
    expect(await ghostsAndMissing()).toEqual([]);
    expect(await everySentinelSays("quorum")).toEqual(["2", "2", "2"]);
  });

  test("gives changed rules to running Sentinels, one after another", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    await expectOneSwitchover({ ...set, replicas: 1, sentinels });
    expect(await startOrder("sentinel-")).toEqual(["sentinel-0", "sentinel-1", "sentinel-2"]);
    expect(await everySentinelSays("quorum")).toEqual(["3", "3", "3"]);
    expect(await everySentinelSays("down-after-milliseconds")).toEqual(["3000", "3000", "3000"]);
    expect(await everySentinelSays("parallel-syncs")).toEqual(["2", "2", "2"]);
  });

  test("takes a new password with one switchover, while every node goes on accepting its peers", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    const password = "the-next-one-for-this-set";
    await expectOneSwitchover({ ...set, replicas: 1, sentinels, password });
    expect(deployed.password).toBe(password);
    expect(await ghostsAndMissing()).toEqual([]);
    await expectNothingToDo();
  });

  /** Updates under load: nothing that was acknowledged is lost, and the master moved once at most. */
  async function expectOneSwitchover(configuration: Configuration): Promise<void> {
    const before = await configEpoch();
    await deployment.configure(configuration);
    const report = await underLoad(deployed, async () => {
      await expectToUpdate(configuration);
      return deployed;
    });
    const pause = Math.max(...report.pauses.map(({ length }) => length));
    console.log(
      `${report.acknowledged} acknowledged, ${report.lost.count} lost, longest pause ${Math.round(pause)} ms, ` +
        `${(await configEpoch()) - before} switchovers`,
    );
    expect(report.lost).toMatchObject({ count: 0 });
    expect(await configEpoch()).toBeLessThanOrEqual(before + 1);
  }

  async function expectToUpdate(configuration: Configuration): Promise<void> {
    await deployment.configure(configuration);
    const start = performance.now();
    const { exitCode, output } = await deployment.up();
    console.log(`up in ${Math.round(performance.now() - start)} ms`);
    expect(exitCode, output).toBe(0);
    expect(output).not.toMatch(stackTrace);
    expect(checkNames(output, "✓")).toHaveLength(11);
    deployed = await deployment.deployedSet();
  }

  async function expectNothingToDo(): Promise<void> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  }

  /** Parts whose names begin so, by when their container was started. */
  async function startOrder(prefix: string): Promise<readonly string[]> {
    const containers = Object.entries(await deployment.onDocker.containers()).filter(([part]) =>
      part.startsWith(prefix),
    );
    const byStart = containers.sort(([, one], [, other]) => one.State.StartedAt.localeCompare(other.State.StartedAt));
    return byStart.map(([part]) => part);
  }

  /** The data node that the first Sentinel names. */
  async function masterName(): Promise<string | undefined> {
    const { sentinels, dataNodes, masterName: name } = deployed.topology;
    const answer = await askNode(deployed, sentinels[0]!, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", name);
    const [host] = answer as readonly string[];
    return dataNodes.find(({ endpoint }) => endpoint.host === host)?.name;
  }

  /** Has a node promoted: Sentinels prefer the lowest priority, once they have seen it. */
  async function lead(name: string): Promise<void> {
    const { sentinels, dataNodes, masterName: master } = deployed.topology;
    const [sentinel] = sentinels;
    const node = dataNodes.find((one) => one.name === name)!;
    if ((await masterName()) === name) {
      return;
    }
    await askNode(deployed, node, "CONFIG", "SET", "replica-priority", "1");
    const seen = async () => {
      const replicas = (await askNode(deployed, sentinel!, "SENTINEL", "REPLICAS", master)) as string[][];
      return fieldOf(replicas.find(([, address]) => address?.startsWith(node.endpoint.host)) ?? [], "slave-priority");
    };
    await expect.poll(seen, { timeout: 20_000 }).toBe("1");
    await askNode(deployed, sentinel!, "SENTINEL", "FAILOVER", master);
    await expect.poll(masterName, { timeout: 30_000 }).toBe(name);
    // The old master follows last, and its replicas before it.
    const roles = async () =>
      (await Promise.all(dataNodes.map((one) => askNode(deployed, one, "ROLE")))).map((role) => (role as string[])[0]);
    await expect
      .poll(async () => (await roles()).filter((role) => role === "master"), { timeout: 30_000 })
      .toHaveLength(1);
  }

  /** What a Sentinel lists too much or too little of, in its own words; as a client without the checks sees it. */
  async function ghostsAndMissing(): Promise<readonly string[]> {
    const { sentinels, dataNodes, masterName: master } = deployed.topology;
    const findings = await Promise.all(
      sentinels.map(async (sentinel) => {
        const replicas = (await askNode(deployed, sentinel, "SENTINEL", "REPLICAS", master)) as unknown[];
        const others = (await askNode(deployed, sentinel, "SENTINEL", "SENTINELS", master)) as unknown[];
        return replicas.length === dataNodes.length - 1 && others.length === sentinels.length - 1
          ? []
          : [`${sentinel.name} lists ${replicas.length} replicas and ${others.length} Sentinels`];
      }),
    );
    return findings.flat();
  }

  async function everySentinelSays(field: string): Promise<readonly (string | undefined)[]> {
    const { sentinels, masterName: master } = deployed.topology;
    return Promise.all(
      sentinels.map(async (sentinel) =>
        fieldOf((await askNode(deployed, sentinel, "SENTINEL", "MASTER", master)) as string[], field),
      ),
    );
  }

  /** Each failover and each switchover makes a new one. */
  async function configEpoch(): Promise<number> {
    return Math.max(...(await everySentinelSays("config-epoch")).map(Number));
  }
});

/** A reply of names and values in turn. */
function fieldOf(reply: readonly string[], name: string): string | undefined {
  return reply[reply.indexOf(name) + 1];
}
