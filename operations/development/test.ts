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
  summary: "run all tests, or those of some layers",
  usage: `npm test -- [LAYER ...]

Installs what the layers need and runs their tests. Without LAYER, runs all layers except kubernetes. The last line of
the output is the number of tests that passed, failed and were skipped.

  unit        code that needs neither Redis nor Docker nor Pulumi
  components  the resources that the components declare, under Pulumi's mocks
  processes   the start scripts, the gateway and the checks, with real Redis processes on this machine
  toolchain   the language host and the Docker provider, with a real Pulumi engine and a real Docker daemon
  docker      whole sets, with a real engine, a real daemon and real Redis
  kubernetes  the same on a cluster of three nodes, which is started before and removed afterwards; runs only if it is
              named, as npm run test:kubernetes does

Tests that need a Docker daemon are skipped if there is none and none can be started on this machine. Tests that need a
Kubernetes cluster are skipped if this machine cannot run one. In both cases the reason is printed.`,
  options: {},
  allowPositionals: true,
  async run(_values, layers) {
    const chosen = selectLayers(layers);
    const environment = await prepare(chosen);
    if (!chosen.includes("kubernetes")) {
      return withDockerLock(chosen, () => runTests(chosen, environment));
    }
    const { withTestCluster } = await import("./testCluster.ts");
    return withTestCluster(environment, (prepared) => withDockerLock(chosen, () => runTests(chosen, prepared)));
  },
});

/** Keeps two clones from running tests on Docker at the same time: they use the same names, networks and ports. */
function withDockerLock<Result>(layers: readonly Layer[], work: () => Promise<Result>): Promise<Result> {
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
export function selectLayers(layers: readonly string[]): readonly Layer[] {
  const known = Object.keys(needs) as Layer[];
  const unknown = layers.filter((layer) => !known.some((name) => name === layer));
  if (unknown.length > 0) {
    throw new UsageError(
      `unknown layer ${unknown.map((layer) => printable(layer)).join(", ")}; choose from ${known.join(", ")}`,
    );
  }
  return known.filter((layer) => (layers.length === 0 ? layer !== "kubernetes" : layers.includes(layer)));
}

/** Installs what the layers need, and returns the environment to run them in. */
async function prepare(layers: readonly Layer[]): Promise<NodeJS.ProcessEnv> {
  const needed = new Set(layers.flatMap((layer) => [...needs[layer]]));
  if (needed.has("shells")) {
    await installIfPossible(shells);
  }
  if (needed.has("packets")) {
    await installIfPossible(packetFilter);
  }
  if (needed.has("redis")) {
    // Debian's redis-tools also contains the server. Unlike the package redis-server, it starts no service.
    await ensureDebianPackages([{ package: "redis-tools", command: "redis-cli", why: "the tests run real Redis" }]);
  }
  if (needed.has("haproxy")) {
    await ensureDebianPackages([{ package: "haproxy", command: "haproxy", why: "the tests run a real gateway" }]);
  }
  const environment = needed.has("engine") ? await prepareEngine() : process.env;
  return needed.has("docker") ? withDocker(environment) : environment;
}

const shells = [
  { package: "busybox", command: "busybox", why: "the start scripts are also tested in its shell" },
  { package: "shellcheck", command: "shellcheck", why: "it checks the start scripts" },
];

const packetFilter = [{ package: "iptables", command: "iptables", why: "the tests drop packets with it" }];

/** Installs packages that only some tests need. Those tests are skipped if the installation fails. */
async function installIfPossible(packages: readonly DebianPackage[]): Promise<void> {
  try {
    await ensureDebianPackages(packages);
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }
    say(`skipping some tests: ${error.message}`);
  }
}

/** Without a Docker daemon, sets REDIS_HA_WITHOUT_DOCKER to the reason. Tests that need a daemon are then skipped. */
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

/** The fields of vitest's JSON report that are counted. */
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

/** Returns undefined if vitest wrote no report. */
async function readResults(file: string): Promise<Results | undefined> {
  return (await exists(file)) ? (JSON.parse(await readFile(file, "utf8")) as Results) : undefined;
}

/**
 * Formats the counts as build servers read them, such as `12 passed, 1 failed, 3 skipped`. A failure outside a test,
 * such as a file that cannot be loaded, counts as a failed test.
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
