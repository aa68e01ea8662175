import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, ExistingWorkload, Host, Placement, Workload } from "../../../hosts/workload.ts";

/** The type of the resources that `RecordingHost` declares. */
export const recorded = "test:index:Workload";

/**
 * A host that runs nothing. It declares one resource for each workload, with the workload as its inputs, and records
 * which workloads were awaited.
 */
export class RecordingHost implements Host {
  /** Names of the workloads that this update creates. */
  readonly begun = new Set<string>();
  /** The workloads that it reports as existing. */
  workloads: readonly ExistingWorkload[] = [];
  /** The calls of `awaitReady`, in order. */
  readonly awaited: (readonly string[])[] = [];

  run(workload: Workload, { name, parent, after }: Placement): DeclaredWorkload {
    const dependsOn = Promise.resolve(after).then((resources) => [...resources]);
    const resource = new RecordedWorkload(`${name}-${workload.name}`, workload, { parent, dependsOn });
    return { name: workload.name, id: resource.id, resource };
  }

  existing(): Promise<readonly ExistingWorkload[]> {
    return Promise.resolve(this.workloads);
  }

  isNew(name: string): boolean {
    return this.begun.has(name);
  }

  async awaitReady(names: readonly string[]): Promise<void> {
    this.awaited.push(names);
  }

  requireUnclaimed(): Promise<void> {
    return Promise.resolve();
  }
}

class RecordedWorkload extends pulumi.CustomResource {
  constructor(name: string, workload: Workload, options: pulumi.CustomResourceOptions) {
    super(recorded, name, { ...workload }, options);
  }
}
