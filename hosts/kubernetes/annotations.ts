import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels.ts";

export type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/**
 * What the provider is told about every object. It does not wait until a Service has somebody behind it or a pod is
 * ready: the host does, with the pods' own words. And it deletes without waiting for what belongs to the object: in the
 * foreground, a deletion that ends while the provider begins to watch is waited for for ten minutes (4.18).
 */
const WITHOUT_WAITING: Labels = {
  "pulumi.com/skipAwait": "true",
  "pulumi.com/deletionPropagationPolicy": "background",
};

/**
 * The stack that made an object: what another stack, or a person, has made under the same name is not to be changed,
 * nor removed.
 */
export const STACK = "redis-ha/stack";

/** The identity of the state that made an object: another state of the same stack is not to change it either. */
export const OWNER = "redis-ha/owner";

/**
 * @param stack as `organization/project/stack`
 * @param identity of the state
 */
export function annotationsOf(stack: string, identity: pulumi.Input<string>): Annotations {
  return { ...WITHOUT_WAITING, [STACK]: stack, [OWNER]: identity };
}

/** The size of a node's volume. */
export const DISK = "redis-ha/disk";
