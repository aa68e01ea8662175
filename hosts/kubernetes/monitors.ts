import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MonitorPlan } from "../../topology/topology.ts";
import type { GroupObjectsArgs } from "./groupObjects.ts";
import { groupLabels, nodeLabel, setLabels } from "./labels.ts";
import { portName } from "./podTemplate.ts";

/** The kind of object that tells a Prometheus operator which pods to scrape. Only clusters with an operator have it. */
export const podMonitor = { group: "monitoring.coreos.com", version: "v1", kind: "PodMonitor", plural: "podmonitors" };

/** Declares the objects that tell the cluster's Prometheus operator what to scrape. */
export function declareMonitors(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  for (const monitor of args.plan.monitors) {
    declareMonitor(args, monitor, options);
  }
}

function declareMonitor(
  { name, set, plan, namespace, annotations }: GroupObjectsArgs,
  { name: measured, row: groupName, labels, ...monitor }: MonitorPlan,
  options: pulumi.CustomResourceOptions,
): void {
  const group = plan.rows.find((each) => each.name === groupName);
  if (group === undefined) {
    throw new Error(`the plan monitors the node group ${groupName}, which it does not have`);
  }
  new kubernetes.apiextensions.CustomResource(
    `${name}-${measured}-monitor`,
    {
      apiVersion: `${podMonitor.group}/${podMonitor.version}`,
      kind: podMonitor.kind,
      metadata: {
        name: measured,
        namespace,
        // The set's own labels override the configured ones, because they identify the owner of the object.
        labels: { ...labels, ...setLabels(set) },
        annotations,
      },
      spec: { selector: { matchLabels: groupLabels(set, group) }, podMetricsEndpoints: endpoints(monitor) },
    },
    options,
  );
}

/** The label `instance` of each metric is the node's name, because the address of a pod changes. */
function endpoints({ port, path, targets, loginSecret }: Omit<MonitorPlan, "name" | "row" | "labels">) {
  const endpoint = { port: portName(port), path, ...(loginSecret === undefined ? {} : basicAuth(loginSecret)) };
  if (targets.length === 0) {
    const sourceLabels = [`__meta_kubernetes_pod_label_${nodeLabel.replaceAll(/\W/g, "_")}`];
    return [{ ...endpoint, relabelings: [{ sourceLabels, targetLabel: "instance" }] }];
  }
  return targets.map(({ name, target }) => ({
    ...endpoint,
    params: { target: [target] },
    relabelings: [{ targetLabel: "instance", replacement: name }],
  }));
}

/** The operator reads the user and the password from a Secret in the set's namespace. */
function basicAuth(name: string) {
  return { basicAuth: { username: { name, key: "username" }, password: { name, key: "password" } } };
}
