import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { defaultDeadline } from "../checks/deadline.ts";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { VerificationTarget } from "../redis/target.ts";
import type { Topology } from "../topology/topology.ts";
import { knownValue } from "./parts/knownValue.ts";

export interface VerificationArgs {
  readonly topology: Topology;
  /** What has left the plan still runs there when all else is done. */
  readonly host: Host;
  readonly password: pulumi.Output<string>;
  /** Needed when the topology has gateways. */
  readonly gatewayPassword?: pulumi.Output<string>;
  /** Needed when the topology has an exporter. */
  readonly exporterPassword?: pulumi.Output<string>;
  /** Needed when the topology has a Redis Commander. */
  readonly commanderPassword?: pulumi.Output<string>;
  /** Everything that has to run before it is worth looking. A change of any of them asks for a new look. */
  readonly workloads: readonly DeclaredWorkload[];
  /** Milliseconds for all checks together, and for each condition before a node is taken out. @default 60000 */
  readonly deadline?: number;
}

/**
 * Lets an update succeed only when replication was seen working, without what has left the plan.
 *
 * A stash holds a fingerprint of what runs. When that changes, a hook runs the checks first; when they fail, the
 * update fails with their words and the fingerprint stays as it was, so that the next update runs them again. A check of
 * the severity "warning" fails nothing: its words are shown as a warning. A hook
 * after the update would not do: the engine runs a failed one no second time (pulumi/pulumi#21899).
 */
export class Verification extends pulumi.ComponentResource {
  constructor(name: string, args: VerificationArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:Verification", name, {}, options);
    const hook = this.#checksHook(name, args);
    new pulumi.Stash(
      `${name}-fingerprint`,
      { input: fingerprint(args) },
      {
        parent: this,
        dependsOn: args.workloads.map(({ resource }) => resource),
        hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
      },
    );
    this.registerOutputs({});
  }

  #checksHook(name: string, args: VerificationArgs): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${name}-checks`, async () => {
      // Imported here: an update without change needs neither the checks nor a Redis client.
      const { verificationTarget } = await import("../redis/target.ts");
      const target = verificationTarget(args.topology, {
        password: await knownValue(args.password),
        ...(args.gatewayPassword === undefined ? {} : { gatewayPassword: await knownValue(args.gatewayPassword) }),
        ...(args.exporterPassword === undefined ? {} : { exporterPassword: await knownValue(args.exporterPassword) }),
        ...(args.commanderPassword === undefined
          ? {}
          : { commanderPassword: await knownValue(args.commanderPassword) }),
      });
      await awaitChanged(args);
      await this.#reconcile(target, args);
      await this.#verify(target, args);
    });
  }

  /** Pulumi removes nodes that left the plan only after this resource: by then no other node may need them. */
  async #reconcile(target: VerificationTarget, args: VerificationArgs): Promise<void> {
    const { topology, workloads, host, deadline = defaultDeadline } = args;
    const { reconcile } = await import("../rollout/reconcile.ts");
    const { accessTo } = await import("../rollout/setAccess.ts");
    await reconcile(target, {
      access: await accessTo(topology),
      planned: new Set(workloads.map(({ name }) => name)),
      existing: await host.existing(),
      deadline,
      progress: (line) => void pulumi.log.info(line, this),
    });
  }

  async #verify(target: VerificationTarget, { topology, deadline = defaultDeadline }: VerificationArgs): Promise<void> {
    const { verify } = await import("../checks/verify.ts");
    const { describeOutcome, describeReport, VerificationError, warningsOf } = await import("../checks/report.ts");
    const { accessTo } = await import("../rollout/setAccess.ts");
    const report = await verify(target, {
      access: await accessTo(topology),
      deadline,
      progress: (line) => void pulumi.log.info(line, this, undefined, true),
    });
    if (!report.passed) {
      throw new VerificationError(report);
    }
    await pulumi.log.info(describeReport(report), this);
    for (const warning of warningsOf(report)) {
      await pulumi.log.warn(describeOutcome(warning), this);
    }
  }
}

/**
 * What this very update has changed may still be starting, and a new set is waited for here alone. A workload that does
 * not come up is then told in the host's own words, which say more than a check could.
 */
async function awaitChanged({ workloads, host }: VerificationArgs): Promise<void> {
  const changed = workloads.filter((workload) => workload.changedNow?.() === true);
  await host.awaitReady(changed.map(({ name }) => name));
}

function fingerprint(args: VerificationArgs): pulumi.Output<string> {
  return pulumi.all(args.workloads.map(({ name, id }) => pulumi.interpolate`${name}=${id}`)).apply((running) =>
    createHash("sha256")
      .update(JSON.stringify([args.topology, running]))
      .digest("hex"),
  );
}
