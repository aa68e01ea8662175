import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** The modules that index.ts imports. index.ts itself cannot be imported, because it declares its resources at once. */
const program = ["components/parts/configuredStack.ts", "components/redisHa.ts"];

/** Each client takes 0.03 to 0.3 s to load. Hooks and commands import a client when they need it. */
const clients = ["@kubernetes/client-node", "dockerode", "ioredis"];

/** The number of modules that a preview loads, by package. `own` counts the modules of this project. */
const loaded = countModules();

test("a preview loads no client of Docker, Kubernetes or Redis", () => {
  expect(clients.filter((client) => loaded.has(client))).toEqual([]);
});

test("a preview loads at most 100 modules of this project, and 1,200 in all", () => {
  expect(loaded.get("own")).toBeGreaterThan(0);
  expect(loaded.get("own")).toBeLessThanOrEqual(100);
  expect([...loaded.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1200);
});

function countModules(): ReadonlyMap<string, number> {
  const modules = program.map((module) => pathToFileURL(join(root, module)).href);
  const output = execFileSync(process.execPath, [join(root, "tests/support/unit/listLoadedModules.mjs"), ...modules], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const names = output.toString().split("\n").map(packageOf);
  return new Map([...Map.groupBy(names, (name) => name)].map(([name, each]) => [name, each.length]));
}

function packageOf(url: string): string {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return name ?? (url.startsWith("node:") ? "node" : "own");
}
