import { chmod, readFile, writeFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

describe.concurrent.each(shells)("the probe of a data node (shell: %s)", (shell) => {
  test("passes for a master and for a replica in sync", async ({ newSet }) => {
    const { set, master, replica } = await pair(await newSet({ shell, dataNodes: 2, sentinels: 0 }));
    expect(await set.probe(master)).toEqual({ exitCode: 0, output: "master" });
    expect(await set.probe(replica)).toEqual({ exitCode: 0, output: "replica" });
  });

  test("fails for a replica whose master is down", async ({ newSet }) => {
    const { set, master, replica } = await pair(await newSet({ shell, dataNodes: 2, sentinels: 0 }));
    await set.stop([master]);
    await eventually(async () =>
      expect(await set.probe(replica)).toEqual({ exitCode: 1, output: "no link to its master 127.0.40.1" }),
    );
  });

  test("fails if the server is not running", async ({ newSet }) => {
    const { set, master } = await pair(await newSet({ shell, dataNodes: 2, sentinels: 0 }));
    await set.stop([master]);
    expect(await set.probe(master)).toEqual({ exitCode: 1, output: `no answer on port ${master.endpoint.port}` });
  });

  test("fails for a frozen process", async ({ newSet }) => {
    const { set, master } = await pair(await newSet({ shell, dataNodes: 2, sentinels: 0 }));
    process.kill(set.serverId(master), "SIGSTOP");
    expect(await set.probe(master)).toEqual({ exitCode: 1, output: `no answer on port ${master.endpoint.port}` });
  });

  test("fails while the server loads its data from disk", async ({ newSet }) => {
    const slow = { "key-load-delay": ["5000"], "loading-process-events-interval-bytes": ["1024"] };
    const set = await newSet({ shell, dataNodes: 1, sentinels: 0, redis: { directives: slow } });
    const [node] = set.topology.dataNodes as readonly [DataNodePlan];
    set.start(node);
    await set.inSync();
    await set.call(node, "EVAL", "for i = 1, 500 do redis.call('SET', 'key' .. i, 'value') end", "0");
    await set.call(node, "BGREWRITEAOF");
    await eventually(async () =>
      expect(await set.call(node, "INFO", "persistence")).toContain("aof_rewrite_in_progress:0"),
    );
    await set.stop([node], "SIGTERM");
    set.start(node);
    await eventually(async () =>
      expect(await set.probe(node)).toEqual({ exitCode: 1, output: "LOADING Redis is loading the dataset in memory" }),
    );
    await eventually(async () => expect(await set.probe(node)).toEqual({ exitCode: 0, output: "master" }));
  });

  test("fails with the server's error message if the password is wrong", async ({ newSet }) => {
    const { set, master } = await pair(await newSet({ shell, dataNodes: 2, sentinels: 0 }));
    await set.configure(master, set.topology, "another-password-than-its-own");
    const { exitCode, output } = await set.probe(master);
    expect([exitCode, output]).toEqual([1, expect.stringMatching(/^WRONGPASS /)]);
  });
});

describe.concurrent.each(shells)("the probe of a Sentinel (shell: %s)", (shell) => {
  test("fails until the Sentinel has reached the master or marked it as down", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1 });
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    const [master] = set.topology.dataNodes as readonly [DataNodePlan];
    set.start(master, sentinel);
    await eventually(async () =>
      expect(await set.probe(sentinel)).toEqual({
        exitCode: 0,
        output: `master 127.0.40.1 port ${master.endpoint.port}`,
      }),
    );
    await set.stop([master]);
    await eventually(async () => expect((await set.view(sentinel))["flags"]).toContain("s_down"));
    expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 });
    await set.stop([sentinel]);
    set.start(sentinel);
    await eventually(async () =>
      expect(await set.probe(sentinel)).toEqual({
        exitCode: 1,
        output: "it has not been in contact with the master 127.0.40.1 yet",
      }),
    );
    await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
    expect((await set.view(sentinel))["flags"]).toContain("s_down");
  });

  test("passes while the Sentinel is in TILT, and reports the TILT", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1, sentinels: 1 });
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    const [master] = set.topology.dataNodes as readonly [DataNodePlan];
    set.startAll();
    const healthy = `master 127.0.40.1 port ${master.endpoint.port}`;
    await eventually(async () => expect(await set.probe(sentinel)).toEqual({ exitCode: 0, output: healthy }));
    // With a threshold of 1 ms, every run of the Sentinel's timer counts as late.
    await set.call(sentinel, "SENTINEL", "DEBUG", "tilt-trigger", "1");
    await eventually(async () =>
      expect(await set.probe(sentinel)).toEqual({
        exitCode: 0,
        output: `${healthy}; in TILT for 0 s: it starts no failover`,
      }),
    );
    await set.call(sentinel, "SENTINEL", "DEBUG", "tilt-trigger", "2000");
    await eventually(async () => expect(await set.probe(sentinel)).toEqual({ exitCode: 0, output: healthy }));
  });

  test("fails if the Sentinel has lost a peer, or monitors the master under another name", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1 });
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    set.start(...set.topology.dataNodes, sentinel);
    await eventually(async () => expect(await set.probe(sentinel)).toMatchObject({ exitCode: 0 }));
    await set.call(sentinel, "SENTINEL", "RESET", set.topology.masterName);
    await eventually(async () =>
      expect(await set.probe(sentinel)).toEqual({ exitCode: 1, output: "it knows 0 of 2 other Sentinels" }),
    );
    await set.configure(sentinel, { ...set.topology, masterName: "other" });
    expect(await set.probe(sentinel)).toEqual({ exitCode: 1, output: "ERR No such master with that name" });
  });
});

test("no script puts the password into the arguments or the environment of a process", async ({ newSet }) => {
  const set = await newSet({ shell: "dash" });
  const seen = set.file(set.topology.dataNodes[0]!, "../../seen");
  const spy = set.program("redis-cli");
  await writeFile(
    spy,
    `#!/bin/sh\n{ tr '\\0' ' ' < /proc/$$/cmdline; env; } >> ${seen}\nexec /usr/bin/redis-cli "$@"\n`,
  );
  await chmod(spy, 0o755);
  set.startAll();
  await set.healthy();
  const used = await readFile(seen, "utf8");
  expect(used).toContain(`-p ${set.topology.dataNodes[0]?.endpoint.port}`);
  expect(used).not.toContain(set.password);
  for (const node of [...set.topology.dataNodes, ...set.topology.sentinels]) {
    for (const id of [set.processId(node), set.serverId(node)]) {
      for (const what of ["cmdline", "environ"]) {
        expect(await readFile(`/proc/${id}/${what}`, "utf8")).not.toContain(set.password);
      }
    }
  }
});

async function pair(set: ScriptedSet) {
  const [master, replica] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
  set.startAll();
  await set.inSync();
  return { set, master, replica };
}
