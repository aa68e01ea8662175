import { join } from "node:path";
import { runQuietly } from "../base/childProcess.mjs";
import { mustRun } from "./machine.ts";
import { type Cluster, kubeconfigOf } from "./place.ts";

/** Milliseconds between two questions: kubectl needs 60 to 100 of a core for each. */
export const askingKubectl = 300;

/**
 * Runs kubectl out of sight against a cluster that runs; otherwise its address would be somebody else's.
 *
 * @returns what it wrote to standard output
 * @throws SetupError the cluster is down; ProgramFailedError
 */
export function kubectl(cluster: Cluster, ...commandLine: readonly string[]): Promise<string> {
  return runQuietly(...kubectlCommand(cluster, ...commandLine));
}

/** The command line of the same. */
export function kubectlCommand(cluster: Cluster, ...commandLine: readonly string[]): [string, readonly string[]] {
  mustRun(cluster.place, "switch");
  return [join(cluster.programs, "kubectl"), ["--kubeconfig", kubeconfigOf(cluster.place), ...commandLine]];
}
