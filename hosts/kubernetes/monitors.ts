import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MonitorPlan } from "../../topology/topology.ts";
import type { GroupObjectsArgs } from "./groupObjects.ts";
import { NODE, rowLabels, setLabels } from "./labels.ts";
import { portName } from "./podTemplate.ts";

/** The kind that a Prometheus operator knows pods to scrape by; a cluster has it only where such an operator is. */
export const POD_MONITOR = { group: "monitoring.coreos.com", version: "v1", kind: "PodMonitor", plural: "podmonitors" };

/** Tells the Prometheus operator of the cluster what to scrape. */
export function declareMonitors(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  for (const monitor of args.plan.monitors) {
    declareMonitor(args, monitor, options);
  }
}

function declareMonitor(
  { name, set, plan, namespace, annotations }: GroupObjectsArgs,
  { name: measured, row: rowName, labels, ...monitor }: MonitorPlan,
  options: pulumi.CustomResourceOptions,
): void {
  const row = plan.rows.find((each) => each.name === rowName);
  if (row === undefined) {
    throw new Error(`the plan monitors the row ${rowName}, which it does not have`);
  }
  new kubernetes.apiextensions.CustomResource(
    `${name}-${measured}-monitor`,
    {
      apiVersion: `${POD_MONITOR.group}/${POD_MONITOR.version}`,
      kind: POD_MONITOR.kind,
      metadata: {
        name: measured,
        namespace,
        // The set's own labels have the last word: they say whose the object is.
        labels: { ...labels, ...setLabels(set) },
        annotations,
      },
      spec: { selector: { matchLabels: rowLabels(set, row) }, podMetricsEndpoints: endpoints(monitor) },
    },
    options,
  );
}

/** The label `instance` is the node's name: the address of a pod says nothing, and changes. */
function endpoints({ port, path, targets, loginSecret }: Omit<MonitorPlan, "name" | "row" | "labels">) {
  const endpoint = { port: portName(port), path, ...(loginSecret === undefined ? {} : basicAuth(loginSecret)) };
  if (targets.length === 0) {
    const sourceLabels = [`__meta_kubernetes_pod_label_${NODE.replaceAll(/\W/g, "_")}`];
    return [{ ...endpoint, relabelings: [{ sourceLabels, targetLabel: "instance" }] }];
  }
  return targets.map(({ name, target }) => ({
    ...endpoint,
    params: { target: [target] },
    relabelings: [{ targetLabel: "instance", replacement: name }],
  }));
}

/** The operator reads user and password from a Secret of the set's namespace. */
function basicAuth(name: string) {
  return { basicAuth: { username: { name, key: "username" }, password: { name, key: "password" } } };
}
