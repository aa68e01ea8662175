import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { mostPodsAway } from "../support/kubernetes/podWatch.ts";
import { busiestSentinel } from "../support/kubernetes/sentinelLoad.ts";
import { bareSet } from "../support/kubernetes/sets.ts";
import { ChangedSet } from "../support/stacks/changedSet.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = { ...bareSet("ha-test-kube-change"), redis: { timeout: "61s" } };

describe.skipIf(noCluster)(`a set on Kubernetes that is changed while applications write${noCluster}`, () => {
  let deployment: KubernetesDeployment;
  let changed: ChangedSet;
  let volume: string;

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(set);
    changed = new ChangedSet(deployment);
    await changed.expectToUpdate({ ...set, redis: {} });
  });
  afterAll(() => deployment.dispose());

  test("applies a new setting one pod at a time with a single switchover, and restarts the master last", async () => {
    const master = await changed.masterName();
    const replicas = changed.deployed.topology.dataNodes.map(({ name }) => name).filter((name) => name !== master);
    const away = await mostPodsAway(deployment, "redis", () => changed.expectOneSwitchover(set));
    expect(away).toBe(1);
    expect(await startOrder("redis")).toEqual([...replicas, master]);
  });

  test("needs no change after a failover, as `up` and `refresh` report", async () => {
    await changed.failOver();
    const master = await changed.masterName();
    await changed.expectNothingToDo();
    const { exitCode, output } = await deployment.findDrift();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    expect(await changed.masterName()).toBe(master);
  });

  test("grows by a replica that every Sentinel lists", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 3 });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    volume = await volumeOf("redis-3");
  });

  test("shrinks although the master is removed, forgets that node and keeps its volume", async () => {
    await changed.lead("redis-3");
    await changed.expectOneSwitchover(set);
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await deployment.ask("get", "pods", "--selector=redis-ha/node=redis-3", "--output=name")).toBe("");
    expect(await volumeOf("redis-3")).toBe(volume);
  });

  test("reuses the volume of a removed node that is added again", async () => {
    await changed.expectOneSwitchover({ ...set, replicas: 3 });
    expect(await changed.ghostsAndMissing()).toEqual([]);
    expect(await volumeOf("redis-3")).toBe(volume);
  });

  test("has no Sentinel that uses a full core because of an unread network error", async () => {
    await expect.poll(() => busiestSentinel(changed.deployed), { timeout: 60_000, interval: 1000 }).toBeLessThan(0.08);
  });

  /** The nodes of a node group, in the order in which their pods were created. */
  async function startOrder(group: string): Promise<readonly string[]> {
    const order = await deployment.ask(
      "get",
      "pods",
      `--selector=app.kubernetes.io/component=${group}`,
      "--sort-by=.metadata.creationTimestamp",
      "--output=jsonpath={.items[*].metadata.labels.redis-ha/node}",
    );
    return order.split(" ");
  }

  /** The PersistentVolume behind a node's claim. */
  function volumeOf(node: string): Promise<string> {
    return deployment.ask("get", "persistentvolumeclaim", `data-${node}-0`, "--output=jsonpath={.spec.volumeName}");
  }
});
