import * as pulumi from "@pulumi/pulumi";
import type { Topology } from "../topology/topology.ts";
import { knownValue } from "./knownValue.ts";

/**
 * The password for the nodes, known to be accepted by all that run. A stash notes, encrypted, which one they have; when
 * it changes, a hook first tells the running nodes. What is made with the password returned here comes after that.
 */
export function passwordInUse(
  name: string,
  topology: Topology,
  password: pulumi.Output<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const hook = new pulumi.ResourceHook(`${name}-change`, async ({ oldInputs, newInputs }) => {
    const { introducePassword } = await import("../changes/passwordChange.ts");
    const [from, to] = await Promise.all([oldInputs, newInputs].map((inputs) => plain(inputs?.["input"])));
    await introducePassword(topology, { from: from ?? "", to: to ?? "" });
    await pulumi.log.info(
      "every node that runs accepts the new password beside the old one, until it restarts",
      parent,
    );
  });
  const stash = new pulumi.Stash(
    name,
    { input: password },
    { parent, hooks: { beforeUpdate: [hook] }, additionalSecretOutputs: ["output"] },
  );
  return pulumi.secret(pulumi.all([password, stash.urn]).apply(([value]) => value));
}

/** A secret reaches a hook as an output. */
function plain(value: unknown): Promise<string> {
  return knownValue(pulumi.output(value)).then(String);
}
