import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../../hosts/workload.ts";

/** When a gate waits, and what it does before it opens. */
export interface GateOptions {
  /**
   * Asked when the workload has changed: whether anything is alive that the next workload's turn could take away. If
   * not, the next workload may be what this one needs to become ready. @default always
   */
  readonly shouldWait?: () => Promise<boolean>;
  /** Done when the workload is ready, before the next one takes its turn. @default nothing */
  readonly onReady?: () => Promise<void>;
}

/** The component that has declared the workload. */
export interface GatePlace {
  readonly name: string;
  readonly parent: pulumi.Resource;
}

/**
 * Puts a gate behind a workload: what comes after the gate waits until the workload is ready.
 *
 * The gate is a stash of the workload's id, and a hook waits before the stash is created or updated. So there is a wait
 * only when the workload has changed, and when the wait fails the stash keeps the old id: the next update waits again.
 *
 * The workload's own after-hook would be the wrong place for the wait. The engine holds a lock on a new resource while its
 * after-hooks run, and each write of the state waits for that lock (Pulumi 3.259, `CreateStep.Apply` and
 * `SerializeResource`). The whole update stands still meanwhile, and for good if the workload needs another one that is
 * still to be made. A before-hook of the next container would be too late: the engine has deleted its predecessor by
 * then.
 *
 * Nothing waits for a workload that begins its life in this very update: the parts of a new set start side by side. The
 * verification waits for those.
 */
export function readinessGate(
  host: Host,
  workload: DeclaredWorkload,
  place: GatePlace,
  { shouldWait, onReady: beforeNext }: GateOptions = {},
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
    await beforeNext?.();
  });
  const gate = new pulumi.Stash(
    name,
    { input: workload.id },
    { parent: place.parent, dependsOn: [workload.resource], hooks: { beforeCreate: [wait], beforeUpdate: [wait] } },
  );
  return { ...workload, resource: gate, changedNow: () => changed };
}

/** A wait that failed is repeated by the next update: by then the workload may have been stopped or removed. */
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
