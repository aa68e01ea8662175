import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImagePart } from "../topology/topology.ts";

/** The recipe of a local image: everything that determines its content. */
export interface Recipe {
  /** The version of the software in the image, as far as it is known before the build. */
  readonly version: string;
  /** Debian packages from which programs are taken. Their dependencies are unpacked as well. */
  readonly packages: readonly string[];
  /** Programs to keep, together with their shared libraries. All other unpacked files are dropped. */
  readonly programs: readonly string[];
  /** Other files to keep. */
  readonly files: readonly string[];
  /** Symbolic links to create: paths and targets. */
  readonly links: Readonly<Record<string, string>>;
  /** The numeric user and group of the official image, so that both images can use the same volume. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number };
  /** A directory that this account owns. A new volume that is mounted there gets the same owner. */
  readonly owned: string | undefined;
  readonly workingDirectory: string;
  /** Scripts in this folder that fill the image, in the order of execution. */
  readonly scripts: readonly string[];
  /** Files in this folder that the scripts read. */
  readonly inputs: readonly string[];
}

/** The Debian release of the packages: the first one with Redis 8. */
export const suite = "trixie";

export const recipeFolder = import.meta.dirname;

/**
 * The commands that busybox provides: the shell, and the tools for start scripts, probes and troubleshooting. The
 * official images also have these commands from busybox (except chmod, ln, od and hexdump in the image of Redis
 * Commander).
 */
export const tools: readonly string[] = (
  "[ awk base64 basename cat chmod cmp cp cut date dd df diff dirname du echo egrep env expr false fgrep find free " +
  "getopt grep gzip head hexdump hostname id kill less ln ls md5sum mkdir mkfifo mktemp more mv nc netstat nproc " +
  "nslookup od paste pidof printf ps pwd readlink realpath rm rmdir sed seq setsid sh sha256sum sleep sort stat stty " +
  "sync tac tail tar tee test timeout top touch tr true truncate tty uname uniq uptime usleep vi watch wc wget which " +
  "whoami xargs zcat"
).split(" ");

/** JavaScript files that Debian's Node reads from disk. Other builds of Node contain them. */
const nodeBuiltIns = [
  "/usr/share/nodejs/acorn/dist/acorn.js",
  "/usr/share/nodejs/acorn-walk/dist/walk.js",
  "/usr/share/nodejs/cjs-module-lexer/dist/lexer.js",
  "/usr/share/nodejs/cjs-module-lexer/lexer.js",
  "/usr/share/nodejs/minimatch/dist/cjs/index.bundle.js",
  "/usr/share/nodejs/undici/undici-fetch.js",
];

export const localRecipes: Readonly<Record<ImagePart, Recipe>> = {
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
    files: nodeBuiltIns,
    links: {},
    account: { name: "commander", uid: 10000, gid: 10000 },
    owned: undefined,
    workingDirectory: "/redis-commander",
    scripts: ["commander/install.sh", "tree.sh"],
    inputs: ["commander/package.json", "commander/package-lock.json"],
  },
};

/** The image's configuration as lines of a Dockerfile. It has no command, because each workload has its own. */
export function configurationOf(recipe: Recipe): readonly string[] {
  const { uid, gid } = recipe.account;
  return [`USER ${uid}:${gid}`, `WORKDIR ${recipe.workingDirectory}`, "ENV PATH=/usr/bin:/bin"];
}

/** The image's configuration in the OCI format, https://specs.opencontainers.org/image-spec/config/. */
export function imageConfigOf(recipe: Recipe): Readonly<Record<string, unknown>> {
  const { uid, gid } = recipe.account;
  return {
    User: `${uid}:${gid}`,
    WorkingDir: recipe.workingDirectory,
    Env: ["PATH=/usr/bin:/bin"],
    Labels: { "redis-ha.recipe": recipeHash(recipe) },
  };
}

/** A hash of all inputs of the image, as 12 hexadecimal digits. */
export function recipeHash(recipe: Recipe, read: (file: string) => string = readRecipeFile): string {
  const files = [...recipe.scripts, ...recipe.inputs].map((file) => [file, read(file)]);
  return createHash("sha256")
    .update(JSON.stringify([suite, tools, recipe, configurationOf(recipe), files]))
    .digest("hex")
    .slice(0, 12);
}

function readRecipeFile(file: string): string {
  return readFileSync(join(recipeFolder, file), "utf8");
}
