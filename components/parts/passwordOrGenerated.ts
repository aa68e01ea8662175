import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** 24 random bytes are 192 bits, or 32 characters that need no escaping in any file format. */
const passwordBytes = 24;

/**
 * The configured password, or else a generated one. The first update of the stack generates it, and the state keeps it,
 * encrypted.
 */
export function passwordOrGenerated(
  name: string,
  configured: pulumi.Input<string> | undefined,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  return configured === undefined
    ? keptSecret(name, randomBytes(passwordBytes).toString("base64url"), parent)
    : pulumi.secret(configured);
}

/**
 * A secret that the first update of the stack stores in the state, encrypted, and that is kept from then on.
 *
 * @param offered the secret to store. Only the first update uses it; later updates keep the stored secret
 */
export function keptSecret(name: string, offered: string, parent: pulumi.Resource): pulumi.Output<string> {
  const stash = new pulumi.Stash(
    name,
    { input: pulumi.secret(offered) },
    { parent, ignoreChanges: ["input"], additionalSecretOutputs: ["output"] },
  );
  return pulumi.secret(stash.output as pulumi.Output<string>);
}
