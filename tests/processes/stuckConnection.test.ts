import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { StuckConnections, withoutPacketRules } from "../support/processes/packetRule.ts";
import { eventually, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";

const reason = withoutPacketRules();

describe.each(shells)("a replica whose connection to its master hangs (shell: %s)", (shell) => {
  test("reconnects as soon as the master answers other clients", async ({ newSet, skip, onTestFinished }) => {
    skip(reason !== undefined, reason);
    const set = await newSet({ shell, dataNodes: 2, sentinels: 1, redis: { directives: { "repl-timeout": ["61"] } } });
    const [master, replica] = set.topology.dataNodes as [DataNodePlan, DataNodePlan];
    set.startAll();
    expect(await set.healthy()).toBe(master);
    await set.stop([replica]);
    const connections = new StuckConnections(master);
    onTestFinished(() => connections.end());
    await connections.begin();
    set.start(replica);
    await eventually(async () => expect(await set.call(replica, "ROLE")).toContain("connecting"));
    await connections.letOthersThrough();
    await set.hasSaid(replica, `reconnects to ${place(master)}`);
    expect(await set.healthy()).toBe(master);
    await eventually(async () =>
      expect(await set.call(replica, "CONFIG", "GET", "repl-timeout")).toEqual(["repl-timeout", "61"]),
    );
  });
});
