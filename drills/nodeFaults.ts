/**
 * The faults that can be injected into a node, on any host. Each function takes the node's name, such as `redis-0`, and
 * resolves when the fault has happened. The caller has to undo the fault.
 */
export interface NodeFaults {
  /** Sends SIGKILL. The host does not start the node again. */
  kill(node: string): Promise<void>;
  /** Starts a node after `kill` or `stop`. */
  start(node: string): Promise<void>;
  /** Stops the node with SIGTERM, as a host does. Resolves when the node has stopped. */
  stop(node: string): Promise<void>;
  /** Sends SIGKILL to the server process only. The host starts the server again. */
  crash(node: string): Promise<void>;
  /** Sends SIGSTOP. Connections stay open, and no command is answered. */
  freeze(node: string): Promise<void>;
  /** Undoes `freeze`. */
  thaw(node: string): Promise<void>;
  /** Cuts the node off from all other nodes, but not from clients outside the set's network. */
  isolate(node: string): Promise<void>;
  /** Undoes `isolate`. */
  heal(node: string): Promise<void>;
  /**
   * Not a fault but a planned switchover: a node that is the master promotes a replica and then follows the replica.
   */
  handOver(node: string): Promise<void>;
  /** Sends SIGKILL, deletes everything on the node's volume, and starts the node again immediately. */
  restartWithoutData(node: string): Promise<void>;
}
