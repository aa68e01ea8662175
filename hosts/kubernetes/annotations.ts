import type { Labels } from "./labels.ts";

/**
 * What the provider is told about every object. It does not wait until a Service has somebody behind it or a pod is
 * ready: the host does, with the pods' own words. And it deletes without waiting for what belongs to the object: in the
 * foreground, a deletion that ends while the provider begins to watch is waited for for ten minutes (4.18).
 */
export const WITHOUT_WAITING: Labels = {
  "pulumi.com/skipAwait": "true",
  "pulumi.com/deletionPropagationPolicy": "background",
};

/** The size of a node's volume. */
export const DISK = "redis-ha/disk";
