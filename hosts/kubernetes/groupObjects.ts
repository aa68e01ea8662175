import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesPlan, NodeGroup, Topology } from "../../topology/topology.ts";
import type { Annotations } from "./annotations.ts";
import { CLIENT, type Labels, rowLabels, setLabels } from "./labels.ts";

/** What surrounds the nodes of a set: names for rows of them, and rules on who may be down and who gets in. */
export interface GroupObjectsArgs {
  /** The prefix of the resources' names. */
  readonly name: string;
  readonly set: Topology["name"];
  readonly plan: KubernetesPlan;
  readonly namespace: pulumi.Input<string>;
  /** Of every object. */
  readonly annotations: Annotations;
}

export function declareGroupObjects(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  for (const row of args.plan.rows) {
    declareServices(args, row, options);
    if (row.members.length > 1) {
      declareDisruptionBudget(args, row, options);
    }
  }
  if (args.plan.networkPolicies) {
    declareNetworkPolicies(args, options);
  }
}

/** A headless one that knows every member by name, and those that lead to any member that is ready. */
function declareServices(args: GroupObjectsArgs, row: NodeGroup, options: pulumi.CustomResourceOptions): void {
  const selector = rowLabels(args.set, row);
  if (row.members.length > 1) {
    new kubernetes.core.v1.Service(
      `${args.name}-${row.name}-names`,
      {
        metadata: metadata(args, row.name, selector),
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector },
      },
      options,
    );
  }
  for (const { name, port, target } of row.services) {
    new kubernetes.core.v1.Service(
      `${args.name}-${name}`,
      { metadata: metadata(args, name, selector), spec: { selector, ports: [{ port, targetPort: target }] } },
      options,
    );
  }
}

function declareDisruptionBudget(args: GroupObjectsArgs, row: NodeGroup, options: pulumi.CustomResourceOptions): void {
  const labels = rowLabels(args.set, row);
  new kubernetes.policy.v1.PodDisruptionBudget(
    `${args.name}-${row.name}-budget`,
    {
      metadata: metadata(args, row.name, labels),
      spec: { maxUnavailable: row.mayBeDown, selector: { matchLabels: labels } },
    },
    options,
  );
}

/** Admits the set itself, and to each node group its audience. */
function declareNetworkPolicies(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  const everyone = setLabels(args.set);
  declarePolicy(args, "within", everyone, { from: [{ podSelector: { matchLabels: everyone } }] }, options);
  for (const row of args.plan.rows) {
    const peer = peerOf(args, row);
    if (peer !== undefined) {
      const ports = row.openPorts?.map((port) => ({ port }));
      const rule = { from: [peer], ...(ports === undefined ? {} : { ports }) };
      declarePolicy(args, `${row.openTo}-to-${row.name}`, rowLabels(args.set, row), rule, options);
    }
    const monitor = args.plan.monitors.find((each) => each.row === row.name);
    if (monitor !== undefined && row.openTo !== "monitoring") {
      const scraping = { from: [monitoring(args.plan)], ports: [{ port: monitor.port }] };
      declarePolicy(args, `monitoring-to-${row.name}`, rowLabels(args.set, row), scraping, options);
    }
  }
}

type Peer = kubernetes.types.input.networking.v1.NetworkPolicyPeer;
type Ingress = kubernetes.types.input.networking.v1.NetworkPolicyIngressRule;

function peerOf({ set, plan }: GroupObjectsArgs, { openTo }: NodeGroup): Peer | undefined {
  switch (openTo) {
    case "clients":
      return { namespaceSelector: {}, podSelector: { matchLabels: { [CLIENT]: set } } };
    case "monitoring":
      return monitoring(plan);
    case "nobody":
      return undefined;
  }
}

function monitoring({ monitoringNamespace }: KubernetesPlan): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": monitoringNamespace } } };
}

function declarePolicy(
  args: GroupObjectsArgs,
  name: string,
  pods: Labels,
  ingress: Ingress,
  options: pulumi.CustomResourceOptions,
): void {
  new kubernetes.networking.v1.NetworkPolicy(
    `${args.name}-${name}`,
    {
      metadata: metadata(args, `${args.set}-${name}`, setLabels(args.set)),
      spec: { podSelector: { matchLabels: pods }, policyTypes: ["Ingress"], ingress: [ingress] },
    },
    options,
  );
}

function metadata({ namespace, annotations }: GroupObjectsArgs, name: string, labels: Labels) {
  return { name, namespace, labels, annotations };
}
