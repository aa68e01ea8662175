import type { Output } from "@pulumi/pulumi";

/**
 * Resolves with the value of an output. Only for updates: in a preview the value may stay unknown, and then this never
 * resolves.
 */
export function knownValue<Value>(output: Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as Value));
  });
}
