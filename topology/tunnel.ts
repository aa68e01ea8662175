import type { Finding } from "./finding.ts";
import type { Endpoint } from "./topology.ts";

/**
 * The contract between a host whose nodes are reached only through tunnels, and the code that connects to the nodes.
 * The host opens tunnels and has no knowledge of Redis. The code that connects to the nodes has no knowledge of the
 * host.
 */
export interface TunnelOpener {
  /** Checks once whether all nodes run, and then opens a tunnel to each node. Otherwise returns the obstacles. */
  open(): Promise<Tunnel | Obstacles>;
  /** Opens tunnels to the nodes that run. Returns undefined if the host itself does not answer. */
  openUnchecked(): Promise<Tunnel | undefined>;
  /** The time that the nodes may take to start, in milliseconds. */
  readonly timeout: number;
  /** Milliseconds between two attempts. Each attempt makes several calls to the host's API. */
  readonly interval: number;
}

/** Open connections to the nodes of a set through ports of this machine. */
export interface Tunnel {
  /** The local port that leads to an address inside the set's network. */
  endpoint(inside: Endpoint): Endpoint;
  /** The prefix of a command line that runs a program inside a node: `kubectl exec ... --`. */
  inside(node: string): string;
  close(): Promise<void>;
}

/** Why no tunnel can be opened yet. */
export interface Obstacles {
  readonly findings: readonly Finding[];
}
