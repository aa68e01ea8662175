import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { defaultDeadline } from "../checks/deadline.ts";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { VerificationTarget } from "../redis/target.ts";
import type { Topology } from "../topology/topology.ts";
import { knownValue } from "./parts/knownValue.ts";

export interface VerificationArgs {
  readonly topology: Topology;
  /** The host of the set. Workloads that are no longer planned still run there when the verification starts. */
  readonly host: Host;
  readonly password: pulumi.Output<string>;
  /** Required if the topology has gateways. */
  readonly gatewayPassword?: pulumi.Output<string>;
  /** Required if the topology has an exporter. */
  readonly exporterPassword?: pulumi.Output<string>;
  /** Required if the topology has Redis Commander. */
  readonly commanderPassword?: pulumi.Output<string>;
  /** The workloads of the set. The verification comes after all of them, and runs again if any of them changes. */
  readonly workloads: readonly DeclaredWorkload[];
  /** Milliseconds for all checks together, and for each condition that a decommission waits for. @default 60000 */
  readonly deadline?: number;
}

/**
 * Lets an update succeed only after checks have shown that replication works without the nodes that are no longer
 * planned.
 *
 * A stash holds a fingerprint of the running workloads. Before the fingerprint changes, a hook runs the checks. If a
 * check fails, the update fails with the findings and the fingerprint keeps its old value, so that the next update runs
 * the checks again. A failed check of the severity "warning" only prints a warning. An after-hook would not work,
 * because the engine does not run a failed after-hook again (pulumi/pulumi#21899).
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
      // Imported here because an update without changes needs neither the checks nor a Redis client.
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

  /**
   * Decommissions nodes that are no longer planned. Pulumi removes them only after this resource, and until then every
   * other node must have stopped using them.
   */
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
 * Waits for the workloads that this update has changed. They may still be starting, and the workloads of a new set are
 * not awaited anywhere else. If a workload does not become ready, the error of the host explains more than a failed
 * check.
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
