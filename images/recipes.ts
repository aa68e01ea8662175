import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImagePart } from "../topology/topology.ts";

/** How a local image is made: all that decides what is in it. */
export interface Recipe {
  /** Version of the software inside, as far as it is known before building. */
  readonly version: string;
  /** Debian packages to take programs from; what they depend on comes along. */
  readonly packages: readonly string[];
  /** Programs to keep, with the shared libraries they load. Everything else that was unpacked is dropped. */
  readonly programs: readonly string[];
  /** Other files to keep. */
  readonly files: readonly string[];
  /** Symbolic links to make: path to target. */
  readonly links: Readonly<Record<string, string>>;
  /** The numeric user and group of the official image, so that a volume written by the one can be used by the other. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number };
  /** A directory that belongs to this account; a new volume mounted there takes its owner from it. */
  readonly owned: string | undefined;
  readonly workingDirectory: string;
  /** Scripts beside this file that fill the image, in their order. */
  readonly scripts: readonly string[];
  /** Files beside this file that the scripts read. */
  readonly inputs: readonly string[];
}

/** The Debian release the packages come from: the first with a Redis 8. */
export const SUITE = "trixie";

export const RECIPE_FOLDER = import.meta.dirname;

/**
 * What busybox answers for: the shell and the tools that start scripts, probes and people looking for a fault need.
 * The official images have these from busybox too (Commander's without chmod, ln, od and hexdump).
 */
export const TOOLS: readonly string[] = (
  "[ awk base64 basename cat chmod cmp cp cut date dd df diff dirname du echo egrep env expr false fgrep find free " +
  "getopt grep gzip head hexdump hostname id kill less ln ls md5sum mkdir mkfifo mktemp more mv nc netstat nproc " +
  "nslookup od paste pidof printf ps pwd readlink realpath rm rmdir sed seq setsid sh sha256sum sleep sort stat stty " +
  "sync tac tail tar tee test timeout top touch tr true truncate tty uname uniq uptime usleep vi watch wc wget which " +
  "whoami xargs zcat"
).split(" ");

/** JavaScript that Debian's Node reads from disk where others have it built in. */
const NODE_BUILT_INS = [
  "/usr/share/nodejs/acorn/dist/acorn.js",
  "/usr/share/nodejs/acorn-walk/dist/walk.js",
  "/usr/share/nodejs/cjs-module-lexer/dist/lexer.js",
  "/usr/share/nodejs/cjs-module-lexer/lexer.js",
  "/usr/share/nodejs/minimatch/dist/cjs/index.bundle.js",
  "/usr/share/nodejs/undici/undici-fetch.js",
];

export const RECIPES: Readonly<Record<ImagePart, Recipe>> = {
  redis: {
    version: "8.0",
    packages: ["busybox", "redis-server", "redis-sentinel", "redis-tools"],
    programs: ["server", "sentinel", "cli", "check-rdb", "check-aof"].map((program) => `/usr/bin/redis-${program}`),
    files: [],
    links: {},
    account: { name: "redis", uid: 999, gid: 1000 },
    owned: "/data",
    workingDirectory: "/data",
    scripts: ["tree.sh"],
    inputs: [],
  },
  gateway: {
    version: "3.0",
    packages: ["busybox", "haproxy"],
    programs: ["/usr/sbin/haproxy"],
    files: [],
    links: { "/usr/bin/haproxy": "../sbin/haproxy" },
    account: { name: "haproxy", uid: 99, gid: 99 },
    owned: undefined,
    workingDirectory: "/",
    scripts: ["tree.sh"],
    inputs: [],
  },
  exporter: {
    version: "1.69",
    packages: ["busybox", "prometheus-redis-exporter"],
    programs: ["/usr/bin/prometheus-redis-exporter"],
    files: [],
    links: { "/redis_exporter": "usr/bin/prometheus-redis-exporter" },
    account: { name: "exporter", uid: 59000, gid: 59000 },
    owned: undefined,
    workingDirectory: "/",
    scripts: ["tree.sh"],
    inputs: [],
  },
  commander: {
    version: "0.9.0",
    packages: ["busybox", "nodejs"],
    programs: ["/usr/bin/node"],
    files: NODE_BUILT_INS,
    links: {},
    account: { name: "commander", uid: 10000, gid: 10000 },
    owned: undefined,
    workingDirectory: "/redis-commander",
    scripts: ["commander/install.sh", "tree.sh"],
    inputs: ["commander/package.json", "commander/package-lock.json"],
  },
};

/** What a container of the image starts with, as lines of a Dockerfile. The command is left to the workload. */
export function configurationOf(recipe: Recipe): readonly string[] {
  const { uid, gid } = recipe.account;
  return [`USER ${uid}:${gid}`, `WORKDIR ${recipe.workingDirectory}`, "ENV PATH=/usr/bin:/bin"];
}

/** The same in the words of an image's own configuration, https://specs.opencontainers.org/image-spec/config/. */
export function imageConfigOf(recipe: Recipe): Readonly<Record<string, unknown>> {
  const { uid, gid } = recipe.account;
  return {
    User: `${uid}:${gid}`,
    WorkingDir: recipe.workingDirectory,
    Env: ["PATH=/usr/bin:/bin"],
    Labels: { "redis-ha.recipe": recipeHash(recipe) },
  };
}

/** 12 hexadecimal digits that change when anything changes that the image is made from. */
export function recipeHash(recipe: Recipe, read: (file: string) => string = readRecipeFile): string {
  const files = [...recipe.scripts, ...recipe.inputs].map((file) => [file, read(file)]);
  return createHash("sha256")
    .update(JSON.stringify([SUITE, TOOLS, recipe, configurationOf(recipe), files]))
    .digest("hex")
    .slice(0, 12);
}

function readRecipeFile(file: string): string {
  return readFileSync(join(RECIPE_FOLDER, file), "utf8");
}
