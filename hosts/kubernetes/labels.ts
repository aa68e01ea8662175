import type { NodeGroup } from "../../topology/topology.ts";

export type Labels = Readonly<Record<string, string>>;

// Selectors are made of these, and a selector cannot be changed: neither can these.

/** Of everything that belongs to a set. */
export function setLabels(set: string): Labels {
  return { "app.kubernetes.io/name": "redis-ha", "app.kubernetes.io/instance": set };
}

/** Of what belongs to a row of its nodes. */
export function rowLabels(set: string, row: NodeGroup): Labels {
  return { ...setLabels(set), "app.kubernetes.io/component": row.name };
}

/** Of what belongs to one node. */
export function nodeLabels(set: string, row: NodeGroup, node: string): Labels {
  return { ...rowLabels(set, row), [NODE]: node };
}

/** The label with the name of a node. */
export const NODE = "redis-ha/node";

/** Pods that carry it with the set's name are let in as clients. */
export const CLIENT = "redis-ha/client";
