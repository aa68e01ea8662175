import type { ExistingWorkload } from "../../../hosts/workload.ts";
import type { Endpoint, NodePlan } from "../../../topology/topology.ts";

/** A workload that runs, and publishes the node's own port here. */
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
