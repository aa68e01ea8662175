import type { NodeGroup } from "../../topology/topology.ts";

export type Labels = Readonly<Record<string, string>>;

// Selectors consist of these labels. Kubernetes does not allow selectors to change, so these labels must never change.

/** The labels of every object of a set. */
export function setLabels(set: string): Labels {
  return { "app.kubernetes.io/name": "redis-ha", "app.kubernetes.io/instance": set };
}

/** The labels of the objects of a node group. */
export function groupLabels(set: string, group: NodeGroup): Labels {
  return { ...setLabels(set), "app.kubernetes.io/component": group.name };
}

/** The labels of the objects of one node. */
export function nodeLabels(set: string, group: NodeGroup, node: string): Labels {
  return { ...groupLabels(set, group), [nodeLabel]: node };
}

/** The label with the name of a node. */
export const nodeLabel = "redis-ha/node";

/** The label of client pods, with the set's name as its value. Network policies admit these pods. */
export const client = "redis-ha/client";
