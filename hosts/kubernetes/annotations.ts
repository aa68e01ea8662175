import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels.ts";

export type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/**
 * Instructions for the provider, on every object. The provider does not wait until a Service has endpoints or a pod is
 * ready, because the host waits itself and reports the pods' messages. Deletion is in the background: with foreground
 * deletion, the provider hangs for ten minutes if the object is gone before the provider starts to watch it (4.18).
 */
const withoutWaiting: Labels = {
  "pulumi.com/skipAwait": "true",
  "pulumi.com/deletionPropagationPolicy": "background",
};

/**
 * The stack that created an object. An object of the same name that another stack or a person created must not be
 * changed or removed.
 */
export const stackAnnotation = "redis-ha/stack";

/**
 * The identity of the state that created an object. Another state of the same stack must not change the object either.
 */
export const ownerAnnotation = "redis-ha/owner";

/**
 * The annotations of every object.
 *
 * @param stack the stack as `organization/project/stack`
 * @param identity the identity of the state
 */
export function annotationsOf(stack: string, identity: pulumi.Input<string>): Annotations {
  return { ...withoutWaiting, [stackAnnotation]: stack, [ownerAnnotation]: identity };
}

/** The size of a node's volume. */
export const diskAnnotation = "redis-ha/disk";
