import type { Output } from "@pulumi/pulumi";

/** The value of an output, where it is sure to become known: in an update, and not in a preview. */
export function knownValue<Value>(output: Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as Value));
  });
}
