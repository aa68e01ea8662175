/**
 * The faults that can be injected into a node, on any host. Each takes the node's name, such as `redis-0`, and returns when
 * the fault has happened; the caller has to undo it.
 */
export interface NodeFaults {
  /** SIGKILL, and the host does not start the node again. */
  kill(node: string): Promise<void>;
  /** What `kill` and `stop` end. */
  start(node: string): Promise<void>;
  /** SIGTERM, as a host asks a node to leave; returns when it has left. */
  stop(node: string): Promise<void>;
  /** SIGKILL of the server's process alone; the host starts it again. */
  crash(node: string): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing is answered. */
  freeze(node: string): Promise<void>;
  thaw(node: string): Promise<void>;
  /** Cuts the node off all other nodes, but not off clients on its side: those outside of the set's network. */
  isolate(node: string): Promise<void>;
  heal(node: string): Promise<void>;
  /** No fault: asks the node, while it is the master, to hand over to a replica and follow it. */
  handOver(node: string): Promise<void>;
  /** SIGKILL, everything on the node's volume removed, and started again at once. */
  restartWithoutData(node: string): Promise<void>;
}
