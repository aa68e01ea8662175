import type { Finding } from "./finding.ts";
import type { Endpoint } from "./topology.ts";

/**
 * The contract between a host whose nodes are reached only through itself, and what speaks to the nodes. The host opens
 * tunnels and knows nothing of Redis; what speaks to the nodes knows nothing of the host.
 */
export interface TunnelOpener {
  /** Looks at the nodes once, and opens a tunnel to each when all of them run. */
  open(): Promise<Tunnel | Obstacles>;
  /** Opens tunnels to the nodes that run. Undefined when the host itself does not answer. */
  openUnchecked(): Promise<Tunnel | undefined>;
  /** Milliseconds that the nodes may take to start. */
  readonly timeout: number;
  /** Milliseconds between two attempts: each one costs the host's own API several calls. */
  readonly interval: number;
}

/** An open connection to every node of a set, by ports of this machine. */
export interface Tunnel {
  /** The local port that leads to an address inside the set's network. */
  endpoint(inside: Endpoint): Endpoint;
  /** The command line that runs a program inside a node, to be followed by that program: `kubectl exec ... --`. */
  inside(node: string): string;
  close(): Promise<void>;
}

/** Why no tunnel can be opened yet. */
export interface Obstacles {
  readonly findings: readonly Finding[];
}
