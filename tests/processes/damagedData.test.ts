import { execFile } from "node:child_process";
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";

/** One kind of damage to an append-only file. */
interface Damage {
  readonly what: string;
  readonly damage: (files: LogFiles) => Promise<unknown>;
}

/** Paths of the files that make up an append-only file. */
interface LogFiles {
  readonly base: string;
  readonly increment: string;
  readonly manifest: string;
}

const logDamages: readonly Damage[] = [
  {
    what: "zeros behind the end of the increment",
    damage: ({ increment }) => appendFile(increment, Buffer.alloc(4096)),
  },
  { what: "garbage behind the end of the increment", damage: ({ increment }) => appendFile(increment, "garbage\n") },
  { what: "no increment", damage: ({ increment }) => rm(increment) },
  { what: "no base", damage: ({ base }) => rm(base) },
  { what: "a base that is cut short", damage: ({ base }) => cut(base, 9) },
  { what: "a base with a wrong checksum", damage: ({ base }) => overwrite(base, -8, "XXXXXXXX") },
  { what: "a base of a newer version", damage: ({ base }) => overwrite(base, 0, "REDIS0099") },
  { what: "no manifest", damage: ({ manifest }) => rm(manifest) },
  { what: "an empty manifest", damage: ({ manifest }) => truncate(manifest) },
  { what: "a manifest that is cut short", damage: ({ manifest }) => cut(manifest, 20) },
  { what: "a manifest of garbage", damage: ({ manifest }) => writeFile(manifest, "garbage\0\u0001") },
];

const snapshotDamages: readonly { readonly what: string; readonly damage: (snapshot: string) => Promise<unknown> }[] = [
  { what: "a wrong checksum", damage: (snapshot) => overwrite(snapshot, -8, "XXXXXXXX") },
  { what: "a cut end", damage: (snapshot) => cut(snapshot, 20) },
  { what: "nothing but zeros", damage: (snapshot) => writeFile(snapshot, Buffer.alloc(200)) },
  { what: "no content", damage: (snapshot) => truncate(snapshot) },
  { what: "a newer version", damage: (snapshot) => overwrite(snapshot, 0, "REDIS0099") },
];

/** Enough for a sequence of failovers, one for each kind of damage. */
const testOptions = { timeout: 120_000 };

const seen: string[] = [];

afterAll(() => {
  console.log(
    ["| damage | role | what happens | in sync after | files kept |", "| --- | --- | --- | --- | --- |", ...seen].join(
      "\n",
    ),
  );
});

describe.concurrent("a data node whose append-only file does not load", () => {
  test.for(shells)(
    "keeps the damaged file and copies its master's data if it is a replica (shell: %s)",
    async (shell, { newSet }) => {
      const { set, master, replica } = await withKeys(await newSet({ shell }));
      for (const { what, damage } of logDamages) {
        await kill(set, replica);
        await damage(await logFiles(set, replica));
        const damaged = await contents(set.file(replica, "appendonlydir"));
        const startedAt = performance.now();
        set.start(replica);
        expect(await set.inSync(), what).toBe(master);
        await expectSetAside(set, replica, what, damaged);
        note(what, "replica", "another node is the master and stays it", performance.now() - startedAt);
        await expectSameKeys(set);
      }
    },
  );

  test.for([
    ["dash", logDamages],
    // Once a damage is detected, all damages are handled alike.
    ["busybox", logDamages.slice(0, 1)],
  ] as const)(
    "keeps the damaged file and is replaced if it is the master (shell: %s)",
    testOptions,
    async ([shell, damages], { newSet }) => {
      const { set } = await withKeys(await newSet({ shell }));
      for (const { what, damage } of damages) {
        const master = await set.readyForFailover();
        await kill(set, master);
        await damage(await logFiles(set, master));
        const damaged = await contents(set.file(master, "appendonlydir"));
        const startedAt = performance.now();
        set.start(master);
        expect(await set.inSync(), what).not.toBe(master);
        await expectSetAside(set, master, what, damaged);
        note(what, "master", "a replica is promoted, and the node follows it", performance.now() - startedAt);
        await expectSameKeys(set);
      }
    },
  );

  test.for(logDamages)(
    "exits with an error and changes no file if no other node has data (damage: $what)",
    async (one, { newSet }) => {
      const { set, node } = await alone(await newSet({ shell: "busybox", ...single }));
      await one.damage(await logFiles(set, node));
      const damaged = await contents(set.file(node, "appendonlydir"));
      set.start(node);
      expect(await set.exitCode(node)).toBe(1);
      const log = set.file(node, "appendonlydir");
      expect(set.said(node).at(-1)).toMatch(
        new RegExp(
          `^does not start: it would be the master, and cannot load ${log} \\(.+\\)\\..* mv ${log} ${log}\\.damaged$`,
        ),
      );
      expect(await contents(log)).toEqual(damaged);
      note(one.what, "no other data", "refuses, and changes nothing", undefined);
    },
  );

  test.for(shells)("does not load the file again until the file changes (shell: %s)", async (shell, { newSet }) => {
    const { set, node } = await alone(await newSet({ shell, ...single }));
    const { increment } = await logFiles(set, node);
    await appendFile(increment, "garbage\n");
    set.start(node);
    await set.exitCode(node);
    const [refusal] = set.said(node).slice(-1);
    set.start(node);
    expect(await set.exitCode(node)).toBe(1);
    expect(set.log(node)).toBe(`redis-ha: ${refusal}\n`);
    await cut(increment, "garbage\n".length);
    set.start(node);
    await eventually(async () => expect(await set.call(node, "GET", "kept")).toBe("value"));
  });

  test("keeps the damaged file if the server crashes while it loads the file", async ({ newSet }) => {
    const { set, master, replica } = await withKeys(await newSet({ shell: "busybox" }));
    await kill(set, replica);
    await appendFile((await logFiles(set, replica)).increment, "crash\n");
    await crashOnLoad(set, replica);
    set.start(replica);
    expect(await set.inSync()).toBe(master);
    expect(set.said(replica)).toContainEqual(
      expect.stringContaining("do not load (Redis crashes while it loads: exit code 139)"),
    );
    await expectSameKeys(set);
  });

  test("becomes the master without data after an operator runs the logged command that sets the file aside", async ({
    newSet,
  }) => {
    const { set, node } = await alone(await newSet({ shell: "busybox", ...single }));
    await appendFile((await logFiles(set, node)).increment, "garbage\n");
    set.start(node);
    await set.exitCode(node);
    const command = / (mv \S+ \S+)$/.exec(set.said(node).at(-1) ?? "")?.[1] ?? "";
    await run(command);
    set.start(node);
    await eventually(async () => expect(await set.call(node, "DBSIZE")).toBe(0));
    expect(await set.role(node)).toBe("master");
  });

  test("becomes the master with the data before the damage after an operator runs the logged repair command", async ({
    newSet,
  }) => {
    const { set, node } = await alone(await newSet({ shell: "busybox", ...single }));
    await appendFile((await logFiles(set, node)).increment, "garbage\n");
    set.start(node);
    await set.exitCode(node);
    const command = /To cut off the damaged part: (.+?)\. /.exec(set.said(node).at(-1) ?? "")?.[1] ?? "";
    await run(`echo y | ${command}`);
    set.start(node);
    await eventually(async () => expect(await set.call(node, "GET", "kept")).toBe("value"));
    expect(await set.role(node)).toBe("master");
  });

  test("exits with an error if it is the master and the other data nodes are down", async ({ newSet }) => {
    const { set, master } = await withKeys(await newSet({ shell: "busybox" }));
    await set.stop(set.topology.dataNodes);
    await appendFile((await logFiles(set, master)).increment, "garbage\n");
    set.start(master);
    expect(await set.exitCode(master)).toBe(1);
    expect(set.said(master).at(-1)).toMatch(
      /^does not start: it is the master, cannot load .*appendonlydir \(.*\), and no other node was promoted$/,
    );
    expect(await readdir(set.file(master, "."))).not.toContain("appendonlydir.damaged");
  });

  test("follows the node that is promoted while it waits for its old master", async ({ newSet }) => {
    const { set, master, replica } = await withKeys(await newSet({ shell: "busybox" }));
    await kill(set, replica);
    await set.stop([master]);
    await appendFile((await logFiles(set, replica)).increment, "garbage\n");
    set.start(replica);
    await set.hasSaid(replica, `${place(master)} to be the master with its data loaded, since this node cannot load `);
    const promoted = set.topology.dataNodes[2] as DataNodePlan;
    await eventually(async () => expect(await set.role(replica)).toBe(`replica of ${promoted.name}, in sync`));
    set.start(master);
    expect(await set.inSync()).toBe(promoted);
    await expectSameKeys(set);
  });

  test("keeps one generation of damaged files, and reports their size in its configuration", async ({ newSet }) => {
    const { set, replica } = await withKeys(await newSet({ shell: "busybox" }));
    for (const garbage of ["first", "second"]) {
      await kill(set, replica);
      await appendFile((await logFiles(set, replica)).increment, `${garbage}\n`);
      set.start(replica);
      await set.inSync();
    }
    const kept = await contents(set.file(replica, "appendonlydir.damaged"));
    expect(Object.values(kept).join()).toContain("second");
    expect(Object.values(kept).join()).not.toContain("first");
    expect((await readdir(set.file(replica, "."))).filter((name) => name.includes(".damaged"))).toEqual(
      expect.arrayContaining(["appendonlydir.damaged"]),
    );
    expect(await set.call(replica, "CONFIG", "GET", "proc-title-template")).toEqual([
      "proc-title-template",
      expect.stringMatching(/ keeps-damaged-files-kib=[1-9]\d*$/),
    ]);
  });
});

describe.concurrent("a data node whose snapshot does not load", () => {
  const redis = { appendonly: false };

  test("keeps the damaged snapshot and copies its master's data if it is a replica", async ({ newSet }) => {
    const { set, master, replica } = await withKeys(await newSet({ shell: "busybox", redis }));
    for (const { what, damage } of snapshotDamages) {
      await set.call(replica, "SAVE");
      await kill(set, replica);
      await damage(set.file(replica, "dump.rdb"));
      const damaged = await readFile(set.file(replica, "dump.rdb"));
      const startedAt = performance.now();
      set.start(replica);
      expect(await set.inSync(), what).toBe(master);
      expect(await readFile(set.file(replica, "dump.rdb.damaged")), what).toEqual(damaged);
      note(`snapshot: ${what}`, "replica", "another node is the master and stays it", performance.now() - startedAt);
      await expectSameKeys(set);
    }
  });

  test("keeps the damaged snapshot and is replaced if it is the master", testOptions, async ({ newSet }) => {
    const { set } = await withKeys(await newSet({ shell: "busybox", redis }));
    for (const { what, damage } of snapshotDamages) {
      const master = await set.readyForFailover();
      await set.call(master, "SAVE");
      await kill(set, master);
      await damage(set.file(master, "dump.rdb"));
      const damaged = await readFile(set.file(master, "dump.rdb"));
      const startedAt = performance.now();
      set.start(master);
      expect(await set.inSync(), what).not.toBe(master);
      expect(await readFile(set.file(master, "dump.rdb.damaged")), what).toEqual(damaged);
      note(
        `snapshot: ${what}`,
        "master",
        "a replica is promoted, and the node follows it",
        performance.now() - startedAt,
      );
      await expectSameKeys(set);
    }
  });

  test.for(snapshotDamages)(
    "exits with an error and changes no file if no other node has data (damage: $what)",
    async (one, { newSet }) => {
      const { set, node } = await alone(await newSet({ shell: "busybox", ...single, redis }));
      await one.damage(set.file(node, "dump.rdb"));
      const snapshot = set.file(node, "dump.rdb");
      const damaged = await readFile(snapshot);
      set.start(node);
      expect(await set.exitCode(node)).toBe(1);
      expect(set.said(node).at(-1)).toMatch(
        new RegExp(
          `^does not start: it would be the master, and cannot load ${snapshot} \\(.+\\)\\. To start it without this data: mv ${snapshot} ${snapshot}\\.damaged$`,
        ),
      );
      expect(await readFile(snapshot)).toEqual(damaged);
      note(`snapshot: ${one.what}`, "no other data", "refuses, and changes nothing", undefined);
    },
  );
});

const single = { dataNodes: 1, sentinels: 0 } as const;

/** Starts a healthy set with a key of each data type. Every node has a base and an increment. */
async function withKeys(set: ScriptedSet) {
  set.startAll();
  const master = await set.readyForFailover();
  await fill(set, master);
  await set.call(master, "WAIT", "2", "1000");
  for (const node of set.topology.dataNodes) {
    await set.call(node, "CONFIG", "SET", "appendfsync", "always");
  }
  await set.call(master, "SET", "kept", "value");
  await set.call(master, "WAIT", "2", "1000");
  return { set, master, replica: set.topology.dataNodes[1] as DataNodePlan };
}

/** Starts a set of one node, writes data and kills the node. */
async function alone(set: ScriptedSet) {
  const [node] = set.topology.dataNodes as readonly [DataNodePlan];
  set.start(node);
  await set.inSync();
  await set.call(node, "CONFIG", "SET", "appendfsync", "always");
  await fill(set, node);
  if (!set.topology.redisRules.appendonly) {
    await set.call(node, "SAVE");
  }
  await set.stop();
  return { set, node };
}

async function fill(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "SET", "kept", "value");
  await set.call(node, "HSET", "hash", "field", "value");
  await set.call(node, "RPUSH", "list", "one", "two");
  await set.call(node, "ZADD", "sorted", "1", "one");
  await set.call(node, "XADD", "stream", "*", "field", "value");
}

/** The manifest, and the files that it lists. */
async function logFiles(set: ScriptedSet, node: DataNodePlan): Promise<LogFiles> {
  const manifest = set.file(node, "appendonlydir/appendonly.aof.manifest");
  const listed = await readFile(manifest, "utf8");
  const file = (type: string) => {
    const name = new RegExp(`^file (\\S+) seq \\d+ type ${type}`, "m").exec(listed)?.[1];
    return set.file(node, `appendonlydir/${name}`);
  };
  return { base: file("b"), increment: file("i"), manifest };
}

/** Kills a node as soon as its append-only file is complete. */
async function kill(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.rewriteEnded(node);
  await set.stop([node]);
}

/** Makes the node's server crash at its start if the append-only file contains the word "crash". */
async function crashOnLoad(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  const server = set.program("redis-server");
  const real = set.program("real/redis-server");
  await mkdir(set.program("real"));
  await rename(server, real);
  const crash = `grep -q crash ${set.file(node, "appendonlydir")}/*.incr.aof 2> /dev/null && kill -SEGV $$`;
  await writeFile(server, `#!/bin/sh\n${crash}\nexec ${real} "$@"\n`, { mode: 0o755 });
}

async function cut(file: string, bytes: number): Promise<void> {
  await truncate(file, (await stat(file)).size - bytes);
}

/** @param position from the beginning, or if negative from the end */
async function overwrite(file: string, position: number, content: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    const { size } = await handle.stat();
    await handle.write(content, position < 0 ? size + position : position);
  } finally {
    await handle.close();
  }
}

/** The contents of the files in a directory, by file name. */
async function contents(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), "latin1")] as const)),
  );
}

async function expectSetAside(
  set: ScriptedSet,
  node: DataNodePlan,
  what: string,
  damaged: Record<string, string>,
): Promise<void> {
  expect(await contents(set.file(node, "appendonlydir.damaged")), what).toEqual(damaged);
  expect(set.said(node), what).toContainEqual(
    expect.stringMatching(
      /^starts without data, which it gets from its master: its files do not load \(.+\), and are kept as /,
    ),
  );
}

async function expectSameKeys(set: ScriptedSet): Promise<void> {
  const master = await set.inSync();
  await set.call(master, "WAIT", "2", "1000");
  const values = await Promise.all(
    set.topology.dataNodes.map(async (node) => {
      const keys = ((await set.call(node, "KEYS", "*")) as string[]).toSorted();
      return Promise.all(keys.map(async (key) => [key, await set.call(node, "DUMP", key)]));
    }),
  );
  expect(values[0]).toHaveLength(5);
  expect(values).toEqual(values.map(() => values[0]));
}

async function run(command: string): Promise<void> {
  await promisify(execFile)("sh", ["-c", command]);
}

function note(what: string, role: string, outcome: string, milliseconds: number | undefined): void {
  const time = milliseconds === undefined ? "" : `${(milliseconds / 1000).toFixed(1)} s`;
  seen.push(
    `| ${what} | ${role} | ${outcome} | ${time} | ${milliseconds === undefined ? "where they were" : "aside"} |`,
  );
}
