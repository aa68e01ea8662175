import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/**
 * What each room may import besides itself, as in the table of docs/architecture.md. A room that is missing here may
 * import nothing of this project.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "index.ts": ["components"],
  examples: ["components/index.ts"],
  configs: ["topology"],
  images: ["topology"],
  hosts: ["topology", "configs", "images"],
  redis: ["topology"],
  checks: ["topology", "redis"],
  rollout: ["topology", "redis", "checks", "hosts"],
  components: ["topology", "configs", "hosts", "redis", "checks", "rollout"],
  drills: ["topology", "redis", "checks"],
  operations: ["topology", "images", "hosts", "redis", "checks", "rollout", "drills", "toolchain", "index.ts"],
  // Development commands run the benchmarks, which deploy sets as tests do.
  "operations/development": ["operations", "topology", "images", "hosts", "toolchain", "tests/benchmarks"],
};

/** The only folders that may import these packages. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "@pulumi/pulumi": ["index.ts", "examples", "components", "hosts", "toolchain", "operations"],
  "@pulumi/docker": ["hosts/docker"],
  "@pulumi/kubernetes": ["hosts/kubernetes"],
  "@kubernetes/client-node": ["hosts/kubernetes"],
  dockerode: ["hosts/docker", "images", "toolchain/dockerProvider"],
  ioredis: ["redis", "checks", "drills"],
};

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString()
  .split("\n")
  .filter((file) => /\.(ts|mts|mjs)$/.test(file) && !file.startsWith("tests/"));

interface Import {
  readonly from: string;
  readonly to: string;
}

const imports: readonly Import[] = files.flatMap((from) => {
  const source = readFileSync(join(root, from), "utf8");
  return [...source.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"([^"]+)"/g)].map(([, specifier = ""]) => ({
    from,
    to: specifier.startsWith(".") ? join(dirname(from), specifier) : specifier,
  }));
});

const own = imports.filter(({ to }) => files.includes(to) || to.startsWith("tests/"));

test("every room imports only rooms that the design allows", () => {
  const forbidden = own.filter(({ from, to }) => !mayImport(from, to));
  expect(forbidden).toEqual([]);
});

test("no file imports itself through a circle of other files", () => {
  expect(files.map(circleFrom).filter((circle) => circle !== undefined)).toEqual([]);
});

describe.each(Object.entries(packages))("the package %s", (name, places) => {
  test(`is imported only by ${places.join(", ")}`, () => {
    const users = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ from }) => from);
    expect(users.filter((file) => !places.some((place) => isIn(file, place)))).toEqual([]);
    expect(users).not.toEqual([]);
  });
});

function mayImport(from: string, to: string): boolean {
  const room = roomOf(from);
  return isIn(to, firstFolder(room)) || (allowed[room] ?? []).some((place) => isIn(to, place));
}

/** The most specific entry of the table that the file is in, or its first folder. */
function roomOf(file: string): string {
  const rooms = Object.keys(allowed).filter((room) => isIn(file, room));
  return rooms.toSorted((one, other) => other.length - one.length)[0] ?? firstFolder(file);
}

function firstFolder(file: string): string {
  return file.split("/")[0] ?? file;
}

function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

/** The shortest chain of imports that leads from a file back to it. */
function circleFrom(start: string): readonly string[] | undefined {
  const seen = new Set<string>();
  let chains: readonly (readonly string[])[] = [[start]];
  while (chains.length > 0) {
    const longer = chains.flatMap((chain) =>
      own.filter(({ from }) => from === chain.at(-1)).map(({ to }) => [...chain, to]),
    );
    const circle = longer.find((chain) => chain.at(-1) === start);
    if (circle !== undefined) {
      return circle;
    }
    chains = longer.filter((chain) => {
      const last = chain.at(-1) ?? "";
      return !seen.has(last) && seen.add(last);
    });
  }
  return undefined;
}
