import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/workload.ts";
import type { Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";

export interface RecordedDeploymentArgs {
  readonly topology: Topology;
  /** Of the set: what the nodes are to have. */
  readonly password: pulumi.Output<string>;
  /** Where the set runs; asked by the hook alone, since the host comes after the stash. */
  readonly host: () => Host;
}

/** What the state says of the set that runs, and the way from that to what is planned. */
export interface RecordedDeployment {
  /** What changes a set comes after it. */
  readonly resource: pulumi.Resource;
  /** The password for the nodes, accepted by all that run. Secret. */
  readonly password: pulumi.Output<string>;
}

/**
 * Notes in a stash what is deployed: the plan, and encrypted the password. When that changes, a hook first compares the
 * two. It refuses what a running set cannot become, and tells nodes that run, those that leave included, a new password.
 * When the state is new, a hook refuses a host that has objects of the set which another state made.
 */
export function recordDeployment(
  name: string,
  args: RecordedDeploymentArgs,
  parent: pulumi.Resource,
): RecordedDeployment {
  const { topology, password, host } = args;
  const first = new pulumi.ResourceHook(`${name}-first`, () => host().requireUnclaimed());
  const hook = new pulumi.ResourceHook(`${name}-change`, async ({ oldInputs, newInputs }) => {
    const [deployed, planned] = await Promise.all([recorded(oldInputs), recorded(newInputs)]);
    // On another target every node is new, and none of them has the old password.
    if (deployed.topology.host.target !== planned.topology.host.target) {
      await host().requireUnclaimed();
      return;
    }
    const { adapterOf } = await import("../../hosts/targets.ts");
    const { existing: existingOn } = adapterOf(deployed.topology.host);
    const existing = await existingOn(deployed.topology, planned.topology, () => host().existing());
    const { immutableChanges, ImmutableSettingError } = await import("../../rollout/immutableSettings.ts");
    const names = new Set(existing.map((workload) => workload.name));
    const problems = immutableChanges(deployed.topology, planned.topology, names);
    if (problems.length > 0) {
      throw new ImmutableSettingError(problems);
    }
    if (deployed.password !== planned.password) {
      const { introducePassword } = await import("../../rollout/passwordRotation.ts");
      const change = { from: deployed.password, to: planned.password };
      const told = await introducePassword(deployed.topology, change, async () => existing);
      await pulumi.log.info(describeTold(told), parent);
    }
  });
  const stash = new pulumi.Stash(
    name,
    { input: { topology, password } },
    { parent, hooks: { beforeCreate: [first], beforeUpdate: [hook] }, additionalSecretOutputs: ["output"] },
  );
  return {
    resource: stash,
    password: pulumi.secret(pulumi.all([password, stash.urn]).apply(([value]) => value)),
  };
}

interface Recorded {
  readonly topology: Topology;
  readonly password: string;
}

/** A secret reaches a hook as an output, and so does what it is a part of. */
function recorded(inputs: Record<string, unknown> | undefined): Promise<Recorded> {
  return knownValue(pulumi.output(inputs?.["input"])) as Promise<Recorded>;
}

function describeTold(told: readonly string[]): string {
  switch (told.length) {
    case 0:
      return "no node that runs had to be told the new password";
    case 1:
      return `1 node, ${told[0]}, accepts the new password beside the old one, until it restarts`;
    default:
      return `${told.length} nodes accept the new password beside the old one, each until it restarts: ${told.join(", ")}`;
  }
}
