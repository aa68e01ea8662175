import type { KubernetesObject } from "@kubernetes/client-node";

/** The kinds of a set's objects in its namespace, in the order in which they are removed. */
export const removableKinds = [
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "monitoring.coreos.com/v1", kind: "PodMonitor" },
] as const satisfies readonly KubernetesObject[];

/** An object of one of these kinds. */
export interface Removable {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}
