import { formatEndpoint } from "./endpoint.ts";
import type { Topology } from "./topology.ts";

/** A node as the exporter is asked for it. */
export interface MetricsTarget {
  /** Of the node. */
  readonly name: string;
  /** `redis://10.41.0.10:6379`, the parameter `target` of the exporter's `/scrape`. */
  readonly target: string;
}

/** Every data node and every Sentinel. */
export function metricsTargets({ dataNodes, sentinels }: Pick<Topology, "dataNodes" | "sentinels">): MetricsTarget[] {
  return [...dataNodes, ...sentinels].map(({ name, endpoint }) => ({
    name,
    target: `redis://${formatEndpoint(endpoint)}`,
  }));
}
