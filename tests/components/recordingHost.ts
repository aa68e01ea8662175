import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Placement, Workload } from "../../hosts/workload.ts";

/** The type of the resources that `RecordingHost` declares. */
export const RECORDED = "test:index:Workload";

/** A host that runs nothing: it declares one resource for each workload, whose inputs are the workload as it came. */
export class RecordingHost implements Host {
  run(workload: Workload, { name, parent, after }: Placement): DeclaredWorkload {
    const resource = new RecordedWorkload(`${name}-${workload.name}`, workload, { parent, dependsOn: [...after] });
    return { name: workload.name, id: resource.id, resource };
  }
}

class RecordedWorkload extends pulumi.CustomResource {
  constructor(name: string, workload: Workload, options: pulumi.CustomResourceOptions) {
    super(RECORDED, name, { ...workload }, options);
  }
}
