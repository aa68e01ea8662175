import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** 16 random bytes: 128 bits, so that no two states have the same. */
const IDENTITY_BYTES = 16;

/**
 * The identity of this state: 32 hexadecimal digits, generated when the stack is first brought up and kept from then on.
 * Every object of the set carries it. It is not a secret. An object that is made with this output is made only after the
 * identity was written to the state.
 */
export function keptIdentity(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  const stash = new pulumi.Stash(
    name,
    { input: randomBytes(IDENTITY_BYTES).toString("hex") },
    // Every run offers another one; only the first is taken.
    { parent, ignoreChanges: ["input"] },
  );
  return stash.output as pulumi.Output<string>;
}
