import { join } from "node:path";
import { runQuietly } from "../base/childProcess.mjs";
import { mustRun } from "./machine.ts";
import { type Cluster, kubeconfigOf } from "./place.ts";

/** Milliseconds between two calls of kubectl when polling. One call needs 60 to 100 ms of CPU time. */
export const kubectlInterval = 300;

/**
 * Runs kubectl against a running cluster, without showing its output. The check that the cluster runs is necessary: if
 * the cluster is down, another machine could have its address.
 *
 * @returns the standard output of kubectl
 * @throws SetupError if the cluster does not run
 * @throws ProgramFailedError if kubectl fails
 */
export function kubectl(cluster: Cluster, ...commandLine: readonly string[]): Promise<string> {
  return runQuietly(...kubectlCommand(cluster, ...commandLine));
}

/** Returns the command line with which `kubectl` runs. */
export function kubectlCommand(cluster: Cluster, ...commandLine: readonly string[]): [string, readonly string[]] {
  mustRun(cluster.place, "switch");
  return [join(cluster.programs, "kubectl"), ["--kubeconfig", kubeconfigOf(cluster.place), ...commandLine]];
}
