import type { ExistingWorkload } from "../../../hosts/workload.ts";
import type { Endpoint, NodePlan } from "../../../topology/topology.ts";

/** A running workload that publishes the node's own port at `published`. */
export function publishing(node: NodePlan, published: Endpoint): ExistingWorkload {
  return {
    name: node.name,
    address: node.endpoint.host,
    running: true,
    ports: [{ port: node.endpoint.port, published }],
    stop: async () => undefined,
    start: async () => undefined,
  };
}
