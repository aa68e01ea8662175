import { homedir } from "node:os";
import { join } from "node:path";

/** `local` is for users, `test` for the tests. Both can run at the same time. No test touches `local`. */
export type ClusterName = "local" | "test";

/** One machine of a cluster. */
export type Machine = "switch" | "control" | Node;
export type Node = `node-${number}`;

/** The maximum number of nodes in a cluster. */
export const maxNodes = 9;

/** The folder of a cluster, and its names and addresses on the host. */
export interface Place {
  readonly name: ClusterName;
  /** The folder of all files of the cluster. `npm run cluster -- down` removes it. */
  readonly folder: string;
  /** The name of the host's interface to the cluster. */
  readonly link: string;
  /** The name of the cluster's control groups. */
  readonly cgroup: string;
  /** The first three bytes of the machines' network: the host has .1, control .2, node-1 .11. */
  readonly machineNetwork: string;
  /** The first two bytes of the pods' network. */
  readonly podNetwork: string;
  /** The first two bytes of the Services' network. */
  readonly serviceNetwork: string;
}

/** A place and the programs of the cluster. */
export interface Cluster {
  readonly place: Place;
  /** The folder of the executables. */
  readonly programs: string;
}

/**
 * Returns the place of a cluster, whether it runs or not.
 *
 * @param environment determines the state folder of the user (XDG_STATE_HOME)
 */
export function placeOf(name: ClusterName, environment: NodeJS.ProcessEnv = process.env): Place {
  const states = environment["XDG_STATE_HOME"] || join(homedir(), ".local/state");
  return {
    name,
    folder: join(states, "redis-ha/clusters", name),
    link: `redis-ha-${name}`,
    cgroup: `redis-ha-kubernetes-${name}`,
    ...networks[name],
  };
}

const networks = {
  local: { machineNetwork: "10.91.0", podNetwork: "10.240", serviceNetwork: "10.100" },
  test: { machineNetwork: "10.92.0", podNetwork: "10.241", serviceNetwork: "10.101" },
} as const;

/** Returns all subnets of the cluster, in the notation of `ip`. */
export function subnetsOf({ machineNetwork, podNetwork, serviceNetwork }: Place): readonly string[] {
  return [`${machineNetwork}.0/24`, `${podNetwork}.0.0/16`, `${serviceNetwork}.0.0/16`];
}

export function hostAddress(place: Place): string {
  return `${place.machineNetwork}.1`;
}

export function addressOf(place: Place, machine: Machine): string {
  return `${place.machineNetwork}.${lastByte(machine)}`;
}

export function lastByte(machine: Machine): number {
  return machine === "control" ? 2 : 10 + numberOf(machine as Node);
}

export function numberOf(node: Node): number {
  return Number(node.slice("node-".length));
}

/** Returns the subnet of the pods of a node. */
export function podSubnet(place: Place, number: number): string {
  return `${place.podNetwork}.${number}.0/24`;
}

/** Returns the address of the cluster's DNS. It is the address of a Service, so every machine can reach it. */
export function dnsAddress(place: Place): string {
  return `${place.serviceNetwork}.0.10`;
}

/** Returns the path of the kubeconfig for an administrator. The file has mode 0600. */
export function kubeconfigOf(place: Place): string {
  return join(place.folder, "kubeconfig");
}

/** Returns the path of a file that is written when the cluster has started. It contains the cluster's timeouts. */
export function completeMark(place: Place): string {
  return join(place.folder, "complete.json");
}

/** Returns the folder on the host that a machine sees as /var. */
export function diskOf(place: Place, machine: Machine): string {
  return join(place.folder, "machines", machine, "var");
}

/** Returns the folder of a machine's configuration files, which the machine sees as /var/cluster. */
export function settingsOf(place: Place, machine: Machine): string {
  return join(diskOf(place, machine), "cluster");
}

export function logOf(place: Place, machine: Machine, service: string): string {
  return join(place.folder, "log", machine, `${service}.log`);
}
