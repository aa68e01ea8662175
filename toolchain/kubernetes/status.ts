import { kubectl } from "./kubectl.ts";
import { machinesOf, processOf } from "./machine.ts";
import { isConnected } from "./network.ts";
import { addressOf, type Cluster, kubeconfigOf, type Machine } from "./place.ts";

/** Returns a text for users about the machines and nodes of a running cluster. */
export async function clusterStatus(cluster: Cluster): Promise<string> {
  const { place } = cluster;
  const machines = machinesOf(place).filter((machine) => machine !== "switch");
  const lines = await Promise.all(machines.map((machine) => describe(cluster, machine)));
  const answers = processOf(place, "control") !== undefined && (await isConnected(place, "control"));
  const nodes = answers ? await kubectl(cluster, "get", "nodes", "--output=wide") : "";
  return [...lines, "", nodes, `kubeconfig ${kubeconfigOf(place)}, logs ${place.folder}/log`].join("\n");
}

async function describe({ place }: Cluster, machine: Machine): Promise<string> {
  const name = machine.padEnd(8);
  if (processOf(place, machine) === undefined) {
    return `${name} stopped`;
  }
  const state = (await isConnected(place, machine)) ? "running" : "disconnected";
  return `${name} ${state}  ${addressOf(place, machine)}`;
}
