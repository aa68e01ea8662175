import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exists } from "../../toolchain/base/cache.mjs";
import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { type DebianPackage, ensureDebianPackages } from "../../toolchain/base/debianPackages.ts";
import { withLock } from "../../toolchain/base/lock.mjs";
import { SetupError } from "../../toolchain/base/setupError.mjs";
import { say } from "../../toolchain/base/steps.mjs";
import { prepareDocker } from "../../toolchain/docker/docker.ts";
import { prepareEngine } from "../../toolchain/pulumi/engine.ts";
import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, UsageError } from "../command.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "test",
  summary: "run the tests, all of them or some layers",
  usage: `npm test -- [LAYER ...]

Adds what the layers need and runs them; without a layer, all but kubernetes. The last line is the count.

  unit        what needs neither Redis nor Docker nor Pulumi
  components  what the components declare, under Pulumi's mocks
  processes   the start scripts, the gateway and the checks, with real Redis on this machine
  toolchain   the language host and the Docker provider, with a real engine and a real daemon
  docker      whole sets: real engine, real daemon, real Redis
  kubernetes  the same on a cluster of three nodes, which is started before and removed afterwards; only when it is
              named, or by npm run test:kubernetes

Tests that need a Docker daemon are skipped, and say so, where there is none and none can be had, and so are those of a
cluster where this machine cannot have one.`,
  options: {},
  allowPositionals: true,
  async run(_values, layers) {
    const chosen = wanted(layers);
    const environment = await prepare(chosen);
    if (!chosen.includes("kubernetes")) {
      return withDockerToItself(chosen, () => runTests(chosen, environment));
    }
    const { withTestCluster } = await import("./testCluster.ts");
    return withTestCluster(environment, (prepared) => withDockerToItself(chosen, () => runTests(chosen, prepared)));
  },
});

/** Tests on Docker have sets, networks and ports of their own, which are the same in every clone. */
function withDockerToItself<Result>(layers: readonly Layer[], work: () => Promise<Result>): Promise<Result> {
  const onDocker = layers.some((layer) => needs[layer].some((need) => need === "docker"));
  return onDocker ? withLock("docker tests", "running its tests on Docker", work) : work();
}

/** @returns the exit code */
async function runTests(layers: readonly Layer[], environment: NodeJS.ProcessEnv): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "redis-ha-test-"));
  try {
    const results = join(folder, "results.json");
    const projects = layers.flatMap((layer) => ["--project", layer]);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
    const code = await runInForeground("node_modules/.bin/vitest", ["run", ...projects, ...reporters], {
      directory: projectRoot,
      environment,
    });
    console.log(closingLine(await readResults(results), code));
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export type Layer = keyof typeof needs;

/** What a layer needs beyond the npm packages. */
const needs = {
  unit: ["shells"],
  components: [],
  processes: ["shells", "packets", "redis", "haproxy"],
  toolchain: ["engine", "docker"],
  docker: ["engine", "docker"],
  kubernetes: ["cluster"],
} as const satisfies Record<string, readonly Need[]>;

type Need = "shells" | "packets" | "redis" | "haproxy" | "engine" | "docker" | "cluster";

/** @throws UsageError */
export function wanted(layers: readonly string[]): readonly Layer[] {
  const known = Object.keys(needs) as Layer[];
  const unknown = layers.filter((layer) => !known.some((name) => name === layer));
  if (unknown.length > 0) {
    throw new UsageError(
      `there is no layer ${unknown.map((layer) => printable(layer)).join(", ")}; there are ${known.join(", ")}`,
    );
  }
  return known.filter((layer) => (layers.length === 0 ? layer !== "kubernetes" : layers.includes(layer)));
}

/** Brings about what the layers need, and returns the environment to run them in. */
async function prepare(layers: readonly Layer[]): Promise<NodeJS.ProcessEnv> {
  const needed = new Set(layers.flatMap((layer) => [...needs[layer]]));
  if (needed.has("shells")) {
    await ensureDispensable(shells);
  }
  if (needed.has("packets")) {
    await ensureDispensable(packetFilter);
  }
  if (needed.has("redis")) {
    // Debian's redis-tools contains the server too, and unlike redis-server it does not start one.
    await ensureDebianPackages([{ package: "redis-tools", command: "redis-cli", why: "the tests run real Redis" }]);
  }
  if (needed.has("haproxy")) {
    await ensureDebianPackages([{ package: "haproxy", command: "haproxy", why: "the tests run a real gateway" }]);
  }
  const environment = needed.has("engine") ? await prepareEngine() : process.env;
  return needed.has("docker") ? withDocker(environment) : environment;
}

const shells = [
  { package: "busybox", command: "busybox", why: "the start scripts run in its shell too" },
  { package: "shellcheck", command: "shellcheck", why: "it checks the start scripts" },
];

const packetFilter = [{ package: "iptables", command: "iptables", why: "the tests lose packets by it" }];

/** What needs it is skipped where it is missing and cannot be installed. */
async function ensureDispensable(packages: readonly DebianPackage[]): Promise<void> {
  try {
    await ensureDebianPackages(packages);
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }
    say(`skipping the tests that need it: ${error.message}`);
  }
}

/** The tests read why there is no daemon from REDIS_HA_WITHOUT_DOCKER; where it is set, they skip what needs one. */
async function withDocker(environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  try {
    return await prepareDocker(environment);
  } catch (error) {
    if (error instanceof SetupError) {
      say(`skipping the tests that need a Docker daemon: ${error.message}`);
      return { ...environment, REDIS_HA_WITHOUT_DOCKER: error.what };
    }
    throw error;
  }
}

/** The part of vitest's JSON report that is counted. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Undefined when vitest did not get as far as a report. */
async function readResults(file: string): Promise<Results | undefined> {
  return (await exists(file)) ? (JSON.parse(await readFile(file, "utf8")) as Results) : undefined;
}

/**
 * `12 passed, 1 failed, 3 skipped`, the line by which a build server counts. What failed outside of a test, such as a
 * file that cannot be loaded, counts as a failed test.
 */
export function closingLine(results: Results | undefined, exitCode: number): string {
  const brokenFiles = (results?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  const failures = (results?.numFailedTests ?? 0) + brokenFiles.length;
  const failed = failures === 0 && exitCode !== exitCodes.success ? 1 : failures;
  const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
  const counts = `${results?.numPassedTests ?? 0} passed, ${failed} failed`;
  return skipped === 0 ? counts : `${counts}, ${skipped} skipped`;
}
