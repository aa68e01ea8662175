import { homedir } from "node:os";
import { join } from "node:path";

/** `local` is for people, `test` for the tests: they can run side by side, and no test touches the other one. */
export type ClusterName = "local" | "test";

/** One machine of a cluster. */
export type Machine = "switch" | "control" | Node;
export type Node = `node-${number}`;

/** The most nodes a cluster may have. */
export const maxNodes = 9;

/** Where a cluster is: its folder, and its names and addresses on the host. */
export interface Place {
  readonly name: ClusterName;
  /** Everything it writes lies in here; `down` removes it. */
  readonly folder: string;
  /** The host's end of its cable, and the name of its control groups. */
  readonly link: string;
  readonly cgroup: string;
  /** The first bytes of its networks: machines (/24: the host has .1, control .2, node-1 .11), pods and Services. */
  readonly machineNetwork: string;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
}

/** A place with the programs to run a cluster there. */
export interface Cluster {
  readonly place: Place;
  /** The folder of the executables. */
  readonly programs: string;
}

/**
 * The place of a cluster, whether it runs or not.
 *
 * @param environment says where a user's state lies (XDG_STATE_HOME)
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

/** In the notation of `ip`, all addresses that are the cluster's own while it runs. */
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

/** The node's part of the pods' network. */
export function podSubnet(place: Place, number: number): string {
  return `${place.podNetwork}.${number}.0/24`;
}

/** The cluster's DNS: a Service, so the address is there on every machine. */
export function dnsAddress(place: Place): string {
  return `${place.serviceNetwork}.0.10`;
}

/** Holds everything for an administrator; mode 0600. */
export function kubeconfigOf(place: Place): string {
  return join(place.folder, "kubeconfig");
}

/** Is there once the cluster has come up, and holds the patience it was made with. */
export function completeMark(place: Place): string {
  return join(place.folder, "complete.json");
}

/** The folder that a machine sees as its /var. */
export function diskOf(place: Place, machine: Machine): string {
  return join(place.folder, "machines", machine, "var");
}

/** Files of a machine's own, which it sees as /var/cluster. */
export function settingsOf(place: Place, machine: Machine): string {
  return join(diskOf(place, machine), "cluster");
}

export function logOf(place: Place, machine: Machine, service: string): string {
  return join(place.folder, "log", machine, `${service}.log`);
}
