import { beforeAll, expect, test } from "vitest";
import { ChangedSet } from "../stacks/changedSet.ts";
import { nothingChanged, resources } from "../stacks/engineOutput.ts";
import { describeWithDocker } from "./daemon.ts";
import { Deployment } from "./deployment.ts";
import { bareSet } from "./places.ts";

const set = bareSet("ha-test-changes");

describeWithDocker("a set that is changed while applications write", () => {
  let deployment: Deployment;
  let changed: ChangedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    changed = new ChangedSet(deployment);
    return () => deployment.dispose();
  });

  test("holds data before", async () => {
    await changed.expectToUpdate(set);
    await changed.expectNothingToDo();
  });

  test("takes a new setting with one switchover in all, the master last, and a preview that shows no order", async () => {
    await changed.expectOneSwitchover({ ...set, redis: { timeout: "61s" } });
    expect(await startOrder("redis-")).toEqual(["redis-1", "redis-2", "redis-0"]);
  });

  test("takes the next one with the master of that moment last", async () => {
    const master = await changed.masterName();
    expect(master).not.toBe("redis-0");
    await changed.expectOneSwitchover({ ...set, redis: { timeout: "62s" } });
    expect((await startOrder("redis-")).at(-1)).toBe(master);
  });

  test("after failovers has nothing to change, and `preview` and `refresh` agree", async () => {
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

  test("grows from three Sentinels to five, whose quorum is three", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 5, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["3", "3", "3", "3", "3"]);
  });

  test("shrinks to three replicas, and the master hands over to none of those that leave", async () => {
    await changed.lead("redis-0");
    await changed.expectOneSwitchover({ ...set, replicas: 3, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
  });

  test("shrinks to one replica although the master is among those that leave, and no Sentinel remembers them", async () => {
    await changed.lead("redis-3");
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 5 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await deployment.onDocker.everything()).not.toContain("container ha-test-changes-redis-2");
  });

  test("shrinks to three Sentinels, whose quorum is two, and none remembers the others", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels: { count: 3 } });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["2", "2", "2"]);
  });

  test("gives changed rules to running Sentinels, one after another", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels });
    expect(await startOrder("sentinel-")).toEqual(["sentinel-0", "sentinel-1", "sentinel-2"]);
    expect(await changed.everySentinelSays("quorum")).toEqual(["3", "3", "3"]);
    expect(await changed.everySentinelSays("down-after-milliseconds")).toEqual(["3000", "3000", "3000"]);
    expect(await changed.everySentinelSays("parallel-syncs")).toEqual(["2", "2", "2"]);
  });

  test("takes a new password with one switchover, while every node goes on accepting its peers", async () => {
    const sentinels = { count: 3, quorum: 3, downAfter: "3s", parallelSyncs: 2 };
    const password = "the-next-one-for-this-set";
    await changed.expectOneSwitchover({ ...set, replicas: 1, sentinels, password });
    expect(changed.deployed.password).toBe(password);
    expect(await changed.ghostsAndMissing()).toEqual([]);
    await changed.expectNothingToDo();
  });

  /** Parts whose names begin so, by when their container was started. */
  async function startOrder(prefix: string): Promise<readonly string[]> {
    const containers = Object.entries(await deployment.onDocker.containers()).filter(([part]) =>
      part.startsWith(prefix),
    );
    const byStart = containers.sort(([, one], [, other]) => one.State.StartedAt.localeCompare(other.State.StartedAt));
    return byStart.map(([part]) => part);
  }
});
