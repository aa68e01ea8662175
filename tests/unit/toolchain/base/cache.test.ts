import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ScriptProcess } from "../../../support/unit/scriptProcess.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

test("two processes that need the same cache entry build it once", async () => {
  const XDG_CACHE_HOME = temporaryFolder();
  const first = new ScriptProcess(builds("await once(process, 'SIGUSR2')"), { XDG_CACHE_HOME });
  await first.printed("building");
  const second = new ScriptProcess(builds(), { XDG_CACHE_HOME });
  await second.printed("waiting for another process: making tool 1");
  first.child.kill("SIGUSR2");
  const folder = join(XDG_CACHE_HOME, "redis-ha/tool-1");
  expect(await first.ended()).toEqual({ ending: 0, output: `building\n${folder}\n` });
  const { output } = await second.ended();
  expect(output).toBe(`redis-ha: waiting for another process: making tool 1\n${folder}\n`);
  expect(readdirSync(join(XDG_CACHE_HOME, "redis-ha"))).toEqual(["tool-1"]);
  expect(readFileSync(join(folder, "tool"), "utf8")).toBe("whole");
});

test("an entry in the cache is not built again", async () => {
  const XDG_CACHE_HOME = temporaryFolder();
  mkdirSync(join(XDG_CACHE_HOME, "redis-ha/tool-1"), { recursive: true });
  const { output } = await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended();
  expect(output).toBe(`${XDG_CACHE_HOME}/redis-ha/tool-1\n`);
});

test("a failed build leaves no files", async () => {
  const XDG_CACHE_HOME = temporaryFolder();
  const { output } = await new ScriptProcess(builds("throw new Error('no compiler')"), { XDG_CACHE_HOME }).ended();
  expect(output).toContain("no compiler");
  expect(readdirSync(join(XDG_CACHE_HOME, "redis-ha"))).toEqual([]);
});

test.each(["SIGINT", "SIGTERM"] as const)("a build that is interrupted by %s leaves no files", async (signal) => {
  const XDG_CACHE_HOME = temporaryFolder();
  const build = new ScriptProcess(builds("await runQuietly('sleep', ['60'])"), { XDG_CACHE_HOME });
  await build.printed("building");
  build.child.kill(signal);
  expect((await build.ended()).output).toContain(`interrupted by ${signal}`);
  expect(readdirSync(join(XDG_CACHE_HOME, "redis-ha"))).toEqual([]);
});

test("the files of a killed build are removed by the next build of the same entry", async () => {
  const XDG_CACHE_HOME = temporaryFolder();
  const killed = new ScriptProcess(builds("await once(process, 'SIGUSR2')"), { XDG_CACHE_HOME });
  await killed.printed("building");
  killed.child.kill("SIGKILL");
  await killed.ended();
  expect(readdirSync(join(XDG_CACHE_HOME, "redis-ha"))).toEqual([`tool-1.unfinished-${killed.child.pid}`]);
  const otherEntry = join(XDG_CACHE_HOME, `redis-ha/tool-2.unfinished-${killed.child.pid}`);
  writeFileSync(otherEntry, "");
  expect(await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended()).toMatchObject({ ending: 0 });
  expect(readdirSync(join(XDG_CACHE_HOME, "redis-ha")).toSorted()).toEqual(["tool-1", otherEntry.split("/").at(-1)]);
  expect(existsSync(otherEntry)).toBe(true);
});

test("only the user can read a new cache", async () => {
  const XDG_CACHE_HOME = join(temporaryFolder(), "new");
  await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended();
  expect(statSync(join(XDG_CACHE_HOME, "redis-ha")).mode & 0o777).toBe(0o700);
});

test("the error about a cache that cannot be created names the variable to set", async () => {
  const XDG_CACHE_HOME = join(temporaryFolder(), "file");
  writeFileSync(XDG_CACHE_HOME, "");
  const folder = join(XDG_CACHE_HOME, "redis-ha");
  expect((await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended()).output).toContain(
    `the cache folder ${folder} cannot be created: ENOTDIR: not a directory, mkdir '${folder}'\n` +
      "  set XDG_CACHE_HOME to a folder of your own\n",
  );
});

describe("the cache and its access rights", () => {
  test.each([
    ["the cache", "redis-ha", 0o770],
    ["the parent folder of the cache", ".", 0o777],
  ])("nothing is taken from the cache if other users can write to %s", async (_what, name, mode) => {
    const XDG_CACHE_HOME = filledCache();
    const folder = join(XDG_CACHE_HOME, name);
    chmodSync(folder, mode);
    const { ending, output } = await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended();
    expect(ending).not.toBe(0);
    expect(output).toContain(
      `programs are kept in ${folder}, which other users can write to (mode ${mode.toString(8)})\n` +
        `  delete files that other users have put there, then run: chmod go-w ${folder}\n`,
    );
    expect(output).not.toContain(`\n${XDG_CACHE_HOME}/redis-ha/tool-1\n`);
  });

  test.skipIf(process.getuid?.() !== 0)("nothing is taken from the cache if it belongs to another user", async () => {
    const XDG_CACHE_HOME = filledCache();
    chownSync(join(XDG_CACHE_HOME, "redis-ha"), 65_534, 65_534);
    const { ending, output } = await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended();
    expect(ending).not.toBe(0);
    expect(output).toContain(
      `programs are kept in ${join(XDG_CACHE_HOME, "redis-ha")}, which belongs to another user (user id 65534; this process runs as user id 0)\n` +
        "  set XDG_CACHE_HOME to a folder of your own\n",
    );
  });

  test("a cache in a folder with the sticky bit is used, since no other user can replace it", async () => {
    const XDG_CACHE_HOME = filledCache();
    chmodSync(XDG_CACHE_HOME, 0o1777);
    expect(await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended()).toEqual({
      ending: 0,
      output: `${XDG_CACHE_HOME}/redis-ha/tool-1\n`,
    });
  });

  test("a cache that is a symbolic link of the user's own is used", async () => {
    const XDG_CACHE_HOME = temporaryFolder();
    symlinkSync(join(filledCache(), "redis-ha"), join(XDG_CACHE_HOME, "redis-ha"));
    expect(await new ScriptProcess(builds(), { XDG_CACHE_HOME }).ended()).toEqual({
      ending: 0,
      output: `${XDG_CACHE_HOME}/redis-ha/tool-1\n`,
    });
  });
});

/** Creates a cache that already contains the tool. */
function filledCache(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "redis-ha/tool-1"), { recursive: true });
  chmodSync(join(folder, "redis-ha"), 0o755);
  return folder;
}

/** Returns a script that builds the tool in the cache. The code in `before` runs at the start of the build. */
function builds(before = ""): string {
  return `
    import { once } from "node:events";
    import { writeFile } from "node:fs/promises";
    import { join } from "node:path";
    import { cached } from "toolchain/base/cache.mjs";
    import { runQuietly } from "toolchain/base/childProcess.mjs";
    const alive = setInterval(() => {}, 1000);
    const folder = await cached("tool-1", "making tool 1", async (aside) => {
      console.log("building");
      ${before};
      await writeFile(join(aside, "tool"), "whole");
    }).finally(() => clearInterval(alive));
    console.log(folder);
  `;
}
