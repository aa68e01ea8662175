import { formatEndpoint } from "./endpoint.ts";
import type { NodePlan, Topology } from "./topology.ts";

/** A node as the exporter is asked for it. */
export interface MetricsTarget {
  /** Of the node. */
  readonly name: string;
  /** `redis://10.41.0.10:6379`, the parameter `target` of the exporter's `/scrape`. */
  readonly target: string;
}

/** Every data node and every Sentinel. */
export function metricsTargets({ dataNodes, sentinels }: Pick<Topology, "dataNodes" | "sentinels">): MetricsTarget[] {
  return [...dataNodes, ...sentinels].map((node) => ({ name: node.name, target: metricsTarget(node) }));
}

/** `redis://10.41.0.10:6379`: the parameter `target` that stands for a node. */
export function metricsTarget({ endpoint }: Pick<NodePlan, "endpoint">): string {
  return `redis://${formatEndpoint(endpoint)}`;
}
