import { formatEndpoint } from "./endpoint.ts";
import type { NodePlan, Topology } from "./topology.ts";

/** A node, and the parameter for which the exporter returns its metrics. */
export interface MetricsTarget {
  /** The name of the node. */
  readonly name: string;
  /** `redis://10.41.0.10:6379`, the parameter `target` of the exporter's `/scrape`. */
  readonly target: string;
}

/** The targets of all data nodes and Sentinels. */
export function metricsTargets({ dataNodes, sentinels }: Pick<Topology, "dataNodes" | "sentinels">): MetricsTarget[] {
  return [...dataNodes, ...sentinels].map((node) => ({ name: node.name, target: metricsTarget(node) }));
}

/** The parameter `target` for a node: `redis://10.41.0.10:6379`. */
export function metricsTarget({ endpoint }: Pick<NodePlan, "endpoint">): string {
  return `redis://${formatEndpoint(endpoint)}`;
}
