import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../../hosts/workload.ts";

/** Whether a gate waits, and its action before it opens. */
export interface GateOptions {
  /**
   * Called after the workload has changed. Return false if the change of the next workload can cause no damage. Then
   * the gate does not wait, because this workload may need the next one to become ready.
   *
   * @default always true
   */
  readonly shouldWait?: () => Promise<boolean>;
  /** Called when the workload is ready, before the next one changes. @default no action */
  readonly onReady?: () => Promise<void>;
}

/** The component that declares the workload. */
export interface GatePlace {
  readonly name: string;
  readonly parent: pulumi.Resource;
}

/**
 * Adds a gate after a workload: resources that depend on the gate wait until the workload is ready.
 *
 * The gate is a stash of the workload's id, and a hook waits before the stash is created or updated. So the gate waits
 * only if the workload has changed. If the wait fails, the stash keeps the old id, and the next update waits again.
 *
 * An after-hook of the workload must not wait. The engine holds a lock on a new resource while its after-hooks run, and
 * each write of the state waits for that lock (Pulumi 3.259, `CreateStep.Apply` and `SerializeResource`). The whole
 * update would stop for the time of the wait, and forever if the workload needs another one that does not exist yet. A
 * before-hook of the next container would be too late, because the engine has already deleted the container that it
 * replaces.
 *
 * The gate does not wait for a workload that this update has created: the parts of a new set start in parallel, and the
 * verification waits for them.
 */
export function readinessGate(
  host: Host,
  workload: DeclaredWorkload,
  place: GatePlace,
  { shouldWait, onReady }: GateOptions = {},
): DeclaredWorkload {
  const name = `${place.name}-${workload.name}-ready`;
  let changed = false;
  const wait = new pulumi.ResourceHook(name, async () => {
    changed = true;
    if (host.isNew(workload.name) || (await shouldWait?.()) === false) {
      return;
    }
    await ensureRunning(host, workload.name);
    await host.awaitReady([workload.name]);
    await onReady?.();
  });
  const gate = new pulumi.Stash(
    name,
    { input: workload.id },
    { parent: place.parent, dependsOn: [workload.resource], hooks: { beforeCreate: [wait], beforeUpdate: [wait] } },
  );
  return { ...workload, resource: gate, changedNow: () => changed };
}

/**
 * Starts the workload if it was stopped. After a failed wait, it may be stopped or removed before the next update waits
 * again.
 */
async function ensureRunning(host: Host, name: string): Promise<void> {
  const workload = (await host.existing()).find((existing) => existing.name === name);
  if (workload === undefined) {
    const { MissingWorkloadError } = await import("../../rollout/reconcile.ts");
    throw new MissingWorkloadError([name]);
  }
  if (!workload.running) {
    await workload.start();
  }
}
