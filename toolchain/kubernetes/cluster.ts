import { existsSync } from "node:fs";
import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { allOf } from "../base/allOf.ts";
import { step } from "../base/steps.mjs";
import { addonsReady, declareAddons } from "./addons.ts";
import { createClusterCertificates } from "./certificates.ts";
import { endProcesses, removeCgroups } from "./cgroups.ts";
import { changing } from "./changing.ts";
import { startControlPlane } from "./controlPlane.ts";
import { prepareHost } from "./host.ts";
import { restoreKernelSettings, saveKernelSettings } from "./kernelSettings.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { kubectl } from "./kubectl.ts";
import { machinesOf, nodesOf, processOf, stopMachine } from "./machine.ts";
import { hostReleased, startSwitch } from "./network.ts";
import { finishNode, joinNode, prepareNode } from "./node.ts";
import { defaultPatience, type Patience } from "./patience.ts";
import {
  type Cluster,
  type ClusterName,
  completeMark,
  kubeconfigOf,
  maxNodes,
  type Node,
  type Place,
  placeOf,
} from "./place.ts";
import { builtPrograms } from "./programs.ts";

/**
 * Returns a cluster, after its programs have been built and its Debian packages installed if they were missing.
 *
 * @throws SetupError if this machine cannot run a cluster, or a program or package cannot be installed
 */
export async function openCluster(name: ClusterName, environment: NodeJS.ProcessEnv = process.env): Promise<Cluster> {
  await prepareHost(environment);
  return { place: placeOf(name, environment), programs: await builtPrograms(environment) };
}

/**
 * Starts a cluster with the given number of nodes. If the cluster runs with fewer nodes, adds the missing nodes. If it
 * runs with as many nodes or more, does nothing. If a new cluster fails to start, only its logs are kept.
 *
 * @param options nodes: 1 to `maxNodes`. patience: the timeouts of a new cluster; by default those of Kubernetes
 * @throws SetupError if the cluster does not start
 */
export async function bringUp(cluster: Cluster, options: { nodes: number; patience?: Patience }): Promise<void> {
  const { place } = cluster;
  if (!Number.isInteger(options.nodes) || options.nodes < 1 || options.nodes > maxNodes) {
    throw new RangeError(`a cluster has 1 to ${maxNodes} nodes, not ${options.nodes}`);
  }
  await changing(place, `starting the cluster ${place.name}`, async () => {
    // The folder of a cluster that is not up is left over from a reboot of the host or an interrupted start.
    if (existsSync(place.folder) && !isUp(place)) {
      await remove(place);
    }
    const missing = nodeNames(options.nodes).filter((node) => !nodesOf(place).includes(node));
    if (missing.length === 0) {
      return;
    }
    const isNew = !isUp(place);
    try {
      await step(`starting the cluster ${place.name}`, async () => {
        // As long as this folder exists, no other cluster restores the kernel settings.
        await mkdir(join(place.folder, "machines"), { recursive: true });
        await saveKernelSettings(place);
        await (isNew
          ? createCluster(cluster, options.patience ?? defaultPatience, missing)
          : addNodes(cluster, missing));
      });
    } catch (error) {
      await (isNew ? remove(place, { keepLogs: true }) : allOf(missing.map((node) => discard(place, node))));
      throw error;
    }
  });
}

/** Stops a cluster and removes all of its files. Does nothing if there is no cluster. Continues after Ctrl-C. */
export async function takeDown(place: Place): Promise<void> {
  if (!existsSync(place.folder)) {
    return;
  }
  const description = `removing the cluster ${place.name}`;
  await changing(place, description, () => step(description, () => remove(place)));
}

/** True if the cluster was started completely and still runs. */
export function isUp(place: Place): boolean {
  return existsSync(completeMark(place)) && processOf(place, "switch") !== undefined;
}

function nodeNames(count: number): readonly Node[] {
  return Array.from({ length: count }, (_nothing, index): Node => `node-${index + 1}`);
}

async function createCluster(cluster: Cluster, patience: Patience, nodes: readonly Node[]): Promise<void> {
  const { place, programs } = cluster;
  await createClusterCertificates(place);
  await writeKubeconfig(place, "admin", kubeconfigOf(place));
  await startSwitch(place, programs);
  const control = startControlPlane(cluster, patience).then(() => declareAddons(cluster));
  await allOf([control, ...nodes.map((node) => prepareNode(cluster, node))]);
  await joinAll(cluster, nodes);
  await writeFile(completeMark(place), JSON.stringify(patience));
}

async function addNodes(cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  await allOf(nodes.map((node) => prepareNode(cluster, node)));
  await joinAll(cluster, nodes);
}

async function joinAll(cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  await allOf(
    nodes.map(async (node) => {
      await joinNode(cluster, node);
      await finishNode(cluster, node);
    }),
  );
  const names = nodes.map((node) => `node/${node}`);
  await kubectl(cluster, "wait", "--for=condition=Ready", "--timeout=120s", ...names);
  await addonsReady(cluster);
}

async function discard(place: Place, node: Node): Promise<void> {
  await stopMachine(place, node);
  await rm(join(place.folder, "machines", node), { recursive: true, force: true });
}

async function remove(place: Place, { keepLogs = false } = {}): Promise<void> {
  const machines = machinesOf(place).filter((machine) => machine !== "switch");
  await allOf(machines.map((machine) => stopMachine(place, machine)));
  await stopMachine(place, "switch");
  // A command that was killed may have left a running machine whose process was not recorded.
  await endProcesses(place.cgroup);
  await hostReleased(place);
  await removeCgroups(place.cgroup);
  await restoreKernelSettings(place);
  for (const entry of existsSync(place.folder) ? await readdir(place.folder) : []) {
    if (!(keepLogs && entry === "log")) {
      await rm(join(place.folder, entry), { recursive: true, force: true });
    }
  }
  if (!keepLogs) {
    await rmdir(place.folder);
    await removeIfEmpty(dirname(place.folder));
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  if ((await readdir(folder)).length === 0) {
    await rmdir(folder);
  }
}
