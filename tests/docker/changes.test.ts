import { beforeAll, expect, test } from "vitest";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { bareSet } from "../support/docker/places.ts";
import { ChangedSet } from "../support/stacks/changedSet.ts";
import { nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

const set = bareSet("ha-test-changes");
/** The configuration after the password rotation, with one more replica. */
const grown = { ...set, replicas: 2, password: "the-next-one-for-this-set" };
const moved = { ...grown, docker: { ...set.docker, ports: { redis: 16470, sentinel: 17470 } } };

describeWithDocker("a set that is changed while applications write", () => {
  let deployment: Deployment;
  let changed: ChangedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    changed = new ChangedSet(deployment);
    return () => deployment.dispose();
  });

  test("is brought up, and a second update changes nothing", async () => {
    await changed.expectToUpdate(set);
    await changed.expectNothingToDo();
  });

  test("applies a new setting with a single switchover, and restarts the master last", async () => {
    await changed.expectOneSwitchover({ ...set, redis: { timeout: "61s" } });
    expect(await startOrder("redis-")).toEqual(["redis-1", "redis-2", "redis-0"]);
  });

  test("applies another setting, and restarts the current master last", async () => {
    const master = await changed.masterName();
    expect(master).not.toBe("redis-0");
    await changed.expectOneSwitchover({ ...set, redis: { timeout: "62s" } });
    expect((await startOrder("redis-")).at(-1)).toBe(master);
  });

  test("needs no change after a failover, as `up`, `preview` and `refresh` report", async () => {
    await changed.failOver();
    const after = await changed.masterName();
    await changed.expectNothingToDo();
    for (const { exitCode, output } of [await deployment.preview(), await deployment.findDrift()]) {
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    }
    expect(await changed.masterName()).toBe(after);
  });

  test("grows from two replicas to five", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 5 });
    expect(await changed.ghostsAndMissing()).toEqual([]);
  });

  test("grows from three Sentinels to five, with a quorum of three", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 5, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["3", "3", "3", "3", "3"]);
  });

  test("shrinks to three replicas, and promotes none of the removed replicas", async () => {
    await changed.lead("redis-0");
    await changed.expectOneSwitchover({ ...set, replicas: 3, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
  });

  test("shrinks to one replica although the master is removed, and no Sentinel lists the removed nodes", async () => {
    await changed.lead("redis-3");
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await deployment.onDocker.everything()).not.toContain("container ha-test-changes-redis-2");
  });

  test("shrinks to three Sentinels, with a quorum of two, and none lists the removed Sentinels", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 3 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["2", "2", "2"]);
  });

  test("applies changed Sentinel settings to one Sentinel after another", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels });
    expect(await startOrder("sentinel-")).toEqual(["sentinel-0", "sentinel-1", "sentinel-2"]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["3", "3", "3"]);
    expect(await changed.everySentinelSays("down-after-milliseconds")).toEqual(["3000", "3000", "3000"]);
    expect(await changed.everySentinelSays("parallel-syncs")).toEqual(["2", "2", "2"]);
  });

  test("applies a new password with a single switchover, while every node keeps accepting its peers", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    const password = "the-next-one-for-this-set";
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels, password });
    expect(changed.deployed.password).toBe(password);
    expect(await changed.ghostsAndMissing()).toEqual([]);
    await changed.expectNothingToDo();
  });

  test("grows from one replica to two", async () => {
    await changed.expectOneSwitchover(grown);
  });

  test("refuses a range of ports that overlaps the current range, and changes nothing", async () => {
    const before = await startTimes();
    await deployment.configure({ ...grown, docker: { ...set.docker, ports: { ...set.docker.ports, redis: 16420 } } });
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).not.toBe(0);
    expect(output).not.toMatch(stackTrace);
    expect(output).toContain(
      "docker.ports.redis: got 16420, expected ports that no other node has now: " +
        "redis-0 would get 16420 of redis-1, redis-1 would get 16421 of redis-2;",
    );
    expect(await startTimes()).toEqual(before);
    await deployment.configure(grown);
    await changed.expectNothingToDo();
  });

  test("moves to another range of ports with a single switchover, and restarts the master last", async () => {
    const [master, epoch] = [await changed.masterName(), await changed.configEpoch()];
    // Without writers, because clients outside the network know only the old ports.
    await changed.expectToUpdate(moved);
    expect(await changed.configEpoch()).toBe(epoch + 1);
    expect((await startOrder("redis-")).at(-1)).toBe(master);
    expect(changed.deployed.topology.dataNodes.map(({ published }) => published.port)).toEqual([16470, 16471, 16472]);
    await changed.expectNothingToDo();
  });

  test("applies a new password, other ports and another master name at once, while the master is removed", async () => {
    await changed.lead("redis-2");
    const { output } = await changed.expectToUpdate({
      ...moved,
      docker: set.docker,
      masterName: "another",
      replicas: 1,
      password: "the-last-one-for-this-set",
    });
    expect(output).toContain("6 nodes accept both the old and the new password");
    expect(await changed.ghostsAndMissing()).toEqual([]);
  });

  /** The id and the start time of every part's container. */
  async function startTimes(): Promise<Readonly<Record<string, string>>> {
    const containers = Object.entries(await deployment.onDocker.containers());
    return Object.fromEntries(containers.map(([part, { Id, State }]) => [part, `${Id} ${State.StartedAt}`]));
  }

  /** The parts whose names start with the prefix, in the order in which their containers were started. */
  async function startOrder(prefix: string): Promise<readonly string[]> {
    const containers = Object.entries(await deployment.onDocker.containers()).filter(([part]) =>
      part.startsWith(prefix),
    );
    const byStart = containers.sort(([, one], [, other]) => one.State.StartedAt.localeCompare(other.State.StartedAt));
    return byStart.map(([part]) => part);
  }
});
