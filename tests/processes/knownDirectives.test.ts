import { expect } from "vitest";
import { knownDirectives } from "../../topology/settings/knownDirectives.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { test } from "../support/processes/setTest.ts";

test("the settings accept every directive that the installed Redis lists", async ({ newSet }) => {
  const set = await newSet({ shell: "dash", dataNodes: 1, sentinels: 0 });
  set.startAll();
  await set.inSync();
  const [node] = set.topology.dataNodes as readonly [DataNodePlan];
  const listed = (await set.call(node, "CONFIG", "GET", "*")) as string[];
  const names = listed.filter((_, index) => index % 2 === 0);
  expect(names).toContain("maxmemory");
  expect(names.filter((name) => !knownDirectives.has(name))).toEqual([]);
});
