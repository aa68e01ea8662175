import { readdir, truncate } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { expectData, place, stateOfMaster, withData, withHistory } from "../support/processes/situations.ts";

describe.concurrent.each(shells)("a data node with a damaged state file (shell: %s)", (shell) => {
  const damages = {
    "cut short": (content: string) => content.slice(0, 30),
    empty: () => "",
    garbage: () => "\u0000\u0007\u001brubbish\n\u0000",
    "written by another program": () => "port 6379\n",
  };

  test.for(Object.entries(damages))(
    "follows the master that the Sentinels name (state file: %s)",
    async ([_, damage], { newSet }) => {
      const { set, replica } = await withData(await newSet({ shell }));
      await set.stop([replica]);
      await set.writeFile(replica, "state.conf", damage(await set.readFile(replica, "state.conf")));
      set.start(replica);
      await set.inSync();
      await expectData(set);
    },
  );

  test("follows a node that reports itself as the master if there are no Sentinels", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 2, sentinels: 0 });
    const [first, second] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
    await set.writeFile(first, "state.conf", "port 63");
    await set.writeFile(second, "state.conf", stateOfMaster);
    set.start(second);
    await eventually(async () => expect(await set.role(second)).toBe("master"));
    set.start(first);
    await eventually(async () => expect(await set.role(first)).toBe("replica of redis-1, in sync"));
  });

  test("exits with an error and keeps its data if no node names a master", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await truncate(set.file(nodes[0], "state.conf"), 10);
    const before = await readdir(set.file(nodes[0], "."), { recursive: true });
    set.start(nodes[0]);
    expect(await set.exitCode(nodes[0])).toBe(1);
    expect(set.said(nodes[0]).at(-1)).toMatch(
      /^does not start: .*state\.conf is missing or damaged, there is data beside it, and no node names a master\./,
    );
    expect(await readdir(set.file(nodes[0], "."), { recursive: true })).toEqual(before);
  });

  test("becomes the master with its data after an operator repairs the file as the log says", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await truncate(set.file(nodes[0], "state.conf"), 10);
    set.start(nodes[0]);
    await set.exitCode(nodes[0]);
    const repaired = /echo '(.*)' > /.exec(set.said(nodes[0]).at(-1) ?? "");
    await set.writeFile(nodes[0], "state.conf", `${repaired?.[1]}\n`);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.call(nodes[0], "GET", "kept")).toBe("value"));
    expect(await set.role(nodes[0])).toBe("master");
  });

  test("never becomes the master if it was a replica, wherever the file is cut", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 2, sentinels: 0 });
    const [master, replica] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
    set.startAll();
    await set.inSync();
    await set.call(replica, "CONFIG", "REWRITE");
    await set.stop();
    const whole = await set.readFile(replica, "state.conf");
    const ends = [...whole.matchAll(/\n/g)].flatMap(({ index }) => [index, index + 1]);
    for (const end of ends) {
      await set.writeFile(replica, "state.conf", whole.slice(0, end));
      set.start(replica);
      await set.hasSaid(replica, "start");
      expect(set.said(replica)[0]).toMatch(
        new RegExp(`^(starts as replica of ${place(master)}: |does not start: .* is missing or damaged)`),
      );
      await set.stop([replica]);
    }
  });
});
