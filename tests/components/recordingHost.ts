import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Placement, PresentWorkload, Workload } from "../../hosts/workload.ts";

/** The type of the resources that `RecordingHost` declares. */
export const RECORDED = "test:index:Workload";

/** A host that runs nothing: it declares one resource for each workload, whose inputs are the workload as it came. */
export class RecordingHost implements Host {
  run(workload: Workload, { name, parent, after }: Placement): DeclaredWorkload {
    const dependsOn = Promise.resolve(after).then((resources) => [...resources]);
    const resource = new RecordedWorkload(`${name}-${workload.name}`, workload, { parent, dependsOn });
    return { name: workload.name, id: resource.id, resource };
  }

  present(): Promise<readonly PresentWorkload[]> {
    return Promise.resolve([]);
  }
}

class RecordedWorkload extends pulumi.CustomResource {
  constructor(name: string, workload: Workload, options: pulumi.CustomResourceOptions) {
    super(RECORDED, name, { ...workload }, options);
  }
}
