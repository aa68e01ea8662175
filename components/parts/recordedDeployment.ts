import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/workload.ts";
import type { Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";

export interface RecordedDeploymentArgs {
  readonly topology: Topology;
  /** The planned password of the set. */
  readonly password: pulumi.Output<string>;
  /** Returns the host of the set. Only hooks call it, because the host is declared after the stash. */
  readonly host: () => Host;
}

/** The record of the deployed set in the state, which also applies changes of the password. */
export interface RecordedDeployment {
  /** Every resource that changes the set must depend on this one. */
  readonly resource: pulumi.Resource;
  /** The password of the nodes. When this output is known, all running nodes accept it. Secret. */
  readonly password: pulumi.Output<string>;
}

/**
 * Records the deployment in a stash: the plan, and the password, encrypted. Before the record changes, a hook compares
 * the old and the new record. It refuses changes that cannot be applied to a running set. It also gives a new password
 * to all running nodes, including those that are no longer planned. If the state has no record yet, a hook refuses a
 * host that has objects of the set from another state.
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
    // On another target all nodes are new, so no node needs to learn the password.
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
      const informed = await introducePassword(deployed.topology, change, async () => existing);
      await pulumi.log.info(describeInformed(informed), parent);
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

/** Pulumi passes secrets, and objects that contain secrets, to a hook as outputs. */
function recorded(inputs: Record<string, unknown> | undefined): Promise<Recorded> {
  return knownValue(pulumi.output(inputs?.["input"])) as Promise<Recorded>;
}

function describeInformed(nodes: readonly string[]): string {
  switch (nodes.length) {
    case 0:
      return "no running node needed the new password";
    case 1:
      return `1 node accepts both the old and the new password until it restarts: ${nodes[0]}`;
    default:
      return `${nodes.length} nodes accept both the old and the new password, each until it restarts: ${nodes.join(", ")}`;
  }
}
