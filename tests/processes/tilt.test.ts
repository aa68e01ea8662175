import { setTimeout } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { NodePlan } from "../../topology/topology.ts";
import { defaultDownAfter, eventually, type ScriptedSet } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

/** Milliseconds for which the processes are stopped. A Sentinel enters TILT after 2000. */
const pauseLength = 3000;

describe.concurrent("Sentinels after a pause of the machine", () => {
  test("replace a master that died during the pause as fast as without the pause", async ({ newSet }) => {
    const { set, master } = await running(await newSet({ shell: "dash" }));
    const { sentinels, dataNodes } = set.topology;
    signal(set, sentinels, "SIGSTOP");
    await setTimeout(pauseLength);
    await set.stop([master]);
    signal(set, sentinels, "SIGCONT");
    const others = dataNodes.filter((node) => node !== master);
    const replaced = async () => expect(await Promise.all(others.map((node) => set.role(node)))).toContain("master");
    await eventually(replaced, defaultDownAfter + 3000);
    expect(sentinels.map((sentinel) => set.log(sentinel).match(/\+tilt/g)?.length)).toEqual([1, 1, 1]);
  });

  test("do not replace a master that resumes later than they do", async ({ newSet }) => {
    const { set, master } = await running(await newSet({ shell: "busybox" }));
    const { sentinels, dataNodes } = set.topology;
    signal(set, dataNodes, "SIGSTOP");
    // By now each Sentinel has sent the master a query that it has not answered.
    await setTimeout(500);
    signal(set, sentinels, "SIGSTOP");
    await setTimeout(pauseLength);
    signal(set, sentinels, "SIGCONT");
    await setTimeout(defaultDownAfter / 2);
    signal(set, dataNodes, "SIGCONT");
    for (const sentinel of sentinels) {
      await eventually(() => expect(set.log(sentinel)).toContain("-tilt"));
    }
    expect(await set.healthy()).toBe(master);
    expect(sentinels.map((sentinel) => set.log(sentinel).match(/\+sdown master/g))).toEqual([null, null, null]);
  });
});

async function running(set: ScriptedSet) {
  set.startAll();
  return { set, master: await set.healthy() };
}

function signal(set: ScriptedSet, nodes: readonly NodePlan[], name: NodeJS.Signals): void {
  for (const node of nodes) {
    process.kill(set.serverId(node), name);
  }
}
