import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** 24 random bytes: 192 bits, 32 characters that no file format has to escape. */
const PASSWORD_BYTES = 24;

/**
 * A password: the configured one, or one that is generated when the stack is first brought up and kept, encrypted, in
 * its state from then on.
 */
export function passwordOrGenerated(
  name: string,
  configured: pulumi.Input<string> | undefined,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  return configured === undefined
    ? keptSecret(name, randomBytes(PASSWORD_BYTES).toString("base64url"), parent)
    : pulumi.secret(configured);
}

/**
 * A secret that is taken when the stack is first brought up and kept, encrypted, in its state from then on.
 *
 * @param offered taken by the first run alone; every later run makes one in vain
 */
export function keptSecret(name: string, offered: string, parent: pulumi.Resource): pulumi.Output<string> {
  const stash = new pulumi.Stash(
    name,
    { input: pulumi.secret(offered) },
    { parent, ignoreChanges: ["input"], additionalSecretOutputs: ["output"] },
  );
  return pulumi.secret(stash.output as pulumi.Output<string>);
}
