import { describe, expect } from "vitest";
import type { SentinelPlan, Topology } from "../../topology/topology.ts";
import { defaultDownAfter, eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { withData } from "../support/processes/situations.ts";

describe.concurrent.each(shells)("a Sentinel (shell: %s)", (shell) => {
  test("keeps its epoch, its master and its replicas at a restart", async ({ newSet }) => {
    const { set, master, sentinel } = await failedOver(await newSet({ shell }));
    await set.stop([...set.topology.sentinels, ...set.topology.dataNodes]);
    set.start(sentinel);
    await eventually(async () =>
      expect(await set.view(sentinel)).toMatchObject({
        port: String(master.endpoint.port),
        "config-epoch": "1",
        "num-slaves": "2",
        "num-other-sentinels": "2",
      }),
    );
    expect(set.said(sentinel)).toEqual(["starts with its earlier state of mymaster"]);
  });

  test("takes the master from the other Sentinels and keeps its own id if it has lost its volume", async ({
    newSet,
  }) => {
    const { set, master, sentinel } = await failedOver(await newSet({ shell }));
    await set.stop([sentinel]);
    await set.loseVolume(sentinel);
    set.start(sentinel);
    await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
    expect(set.said(sentinel)).toEqual([
      `starts with the master ${master.endpoint.host} port ${master.endpoint.port}: a majority of the Sentinels names it`,
    ]);
    expect(await set.view(sentinel)).toMatchObject({ "config-epoch": "1", "num-other-sentinels": "2" });
    expect(await set.call(sentinel, "SENTINEL", "MYID")).toBe(sentinel.id);
    for (const other of set.topology.sentinels.slice(1)) {
      expect(await set.view(other)).toMatchObject({ "num-other-sentinels": "2" });
    }
  });

  test.for<[string, (content: string) => string]>([
    ["cut in the middle of a line", (content: string) => content.slice(0, 40)],
    ["full of garbage", () => "\u0000\u0001 rubbish\n"],
    ["about a master outside the set", () => "sentinel monitor mymaster 10.99.0.1 6379 2\n"],
    ["from a set with another name", (content: string) => content.replaceAll("mymaster", "other")],
  ])("starts without its state file and logs that if the file is %s", async ([_, damage], { newSet }) => {
    const { set, sentinel } = await running(await newSet({ shell }));
    await set.stop([sentinel]);
    await set.writeFile(sentinel, "sentinel.conf", damage(await set.readFile(sentinel, "sentinel.conf")));
    set.start(sentinel);
    await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
    expect(set.said(sentinel)).toEqual([
      `${set.file(sentinel, "sentinel.conf")} is damaged or from another set: starts without it`,
      expect.stringMatching(/^starts with the master 127\.0\.40\.1 port \d+: a majority of the Sentinels names it$/),
    ]);
  });

  test("applies changed settings at its next start, and keeps them when it rewrites its file", async ({ newSet }) => {
    const { set, sentinel } = await running(await newSet({ shell }));
    const changed: Topology = {
      ...set.topology,
      sentinelRules: { quorum: 3, downAfter: 7000, failoverTimeout: 70_000, parallelSyncs: 4 },
    };
    await set.stop([sentinel]);
    await set.configure(sentinel, changed);
    set.start(sentinel);
    const expected = {
      quorum: "3",
      "down-after-milliseconds": "7000",
      "failover-timeout": "70000",
      "parallel-syncs": "4",
    };
    await eventually(async () => expect(await set.view(sentinel)).toMatchObject(expected));
    await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
    expect(await set.readFile(sentinel, "sentinel.conf")).toContain("sentinel down-after-milliseconds mymaster 7000\n");
    await set.stop([sentinel]);
    set.start(sentinel);
    await eventually(async () => expect(await set.view(sentinel)).toMatchObject(expected));
  });

  test("applies a changed password at its next start, although its file has the old password", async ({ newSet }) => {
    const { set, sentinel } = await running(await newSet({ shell }));
    await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
    const old = set.password;
    await set.stop();
    set.password = "another-password-than-before";
    for (const node of [...set.topology.dataNodes, ...set.topology.sentinels]) {
      await set.configure(node, set.topology);
    }
    set.startAll();
    await set.healthy();
    await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
    expect(await set.readFile(sentinel, "sentinel.conf")).not.toContain(old);
  });

  test("forgets at its next start the Sentinels and replicas that have left the set", async ({ newSet }) => {
    const { set, sentinel } = await running(await newSet({ shell }));
    await set.call(sentinel, "SENTINEL", "FLUSHCONFIG");
    await set.stop();
    const smaller: Topology = {
      ...set.topology,
      dataNodes: set.topology.dataNodes.slice(0, 2),
      sentinels: set.topology.sentinels.slice(0, 2),
    };
    await set.configure(sentinel, smaller);
    set.start(sentinel);
    await eventually(async () =>
      expect(await set.view(sentinel)).toMatchObject({ "num-slaves": "1", "num-other-sentinels": "1" }),
    );
  });

  test("learns of a dead master from its replicas and promotes one if all Sentinels have lost their volumes", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop([...set.topology.sentinels, master]);
    for (const sentinel of set.topology.sentinels) {
      await set.loseVolume(sentinel);
    }
    set.start(...set.topology.sentinels);
    await eventually(async () => {
      const roles = await Promise.all(set.topology.dataNodes.slice(1).map((node) => set.role(node)));
      expect(roles).toContain("master");
    }, 8 * defaultDownAfter);
    const begins = `starts with the master 127.0.40.1 port ${master.endpoint.port}: `;
    const [first, ...others] = set.topology.sentinels.map((sentinel) => set.said(sentinel)).toSorted(byReason);
    expect(first).toEqual(["waits for a master", `${begins}it does not answer, but replicas follow it`]);
    // The last Sentinel may start a moment later, and learn the master from the other two.
    for (const said of others) {
      expect(said).toEqual(["waits for a master", expect.stringMatching(`^${begins}(it does|a majority)`)]);
    }
  });
});

/** Sorts the Sentinel that has found the master itself before those that have learned it from others. */
function byReason([, one = ""]: readonly string[], [, other = ""]: readonly string[]): number {
  return other.localeCompare(one);
}

async function running(set: ScriptedSet) {
  set.startAll();
  const master = await set.healthy();
  return { set, master, sentinel: set.topology.sentinels[0] as SentinelPlan };
}

/** Starts a set, fails over to another master, and waits until the set is healthy again. */
async function failedOver(set: ScriptedSet) {
  const { master: first, sentinel } = await running(set);
  const master = await set.failOver(first);
  set.start(first);
  expect(await set.healthy()).toBe(master);
  return { set, master, sentinel };
}
