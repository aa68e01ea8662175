import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesPlan, NodeGroup, Topology } from "../../topology/topology.ts";
import type { Annotations } from "./annotations.ts";
import { client, groupLabels, type Labels, setLabels } from "./labels.ts";

/** The arguments for the objects of node groups: Services, disruption budgets and network policies. */
export interface GroupObjectsArgs {
  /** The prefix of the resources' names. */
  readonly name: string;
  readonly set: Topology["name"];
  readonly plan: KubernetesPlan;
  readonly namespace: pulumi.Input<string>;
  /** The annotations of every object. */
  readonly annotations: Annotations;
}

export function declareGroupObjects(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  for (const group of args.plan.rows) {
    declareServices(args, group, options);
    if (group.members.length > 1) {
      declareDisruptionBudget(args, group, options);
    }
  }
  if (args.plan.networkPolicies) {
    declareNetworkPolicies(args, options);
  }
}

/** Declares a headless Service with a DNS name for every member, and Services that lead to any ready member. */
function declareServices(args: GroupObjectsArgs, group: NodeGroup, options: pulumi.CustomResourceOptions): void {
  const selector = groupLabels(args.set, group);
  if (group.members.length > 1) {
    new kubernetes.core.v1.Service(
      `${args.name}-${group.name}-names`,
      {
        metadata: metadata(args, group.name, selector),
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector },
      },
      options,
    );
  }
  for (const { name, port, target } of group.services) {
    new kubernetes.core.v1.Service(
      `${args.name}-${name}`,
      { metadata: metadata(args, name, selector), spec: { selector, ports: [{ port, targetPort: target }] } },
      options,
    );
  }
}

function declareDisruptionBudget(
  args: GroupObjectsArgs,
  group: NodeGroup,
  options: pulumi.CustomResourceOptions,
): void {
  const labels = groupLabels(args.set, group);
  new kubernetes.policy.v1.PodDisruptionBudget(
    `${args.name}-${group.name}-budget`,
    {
      metadata: metadata(args, group.name, labels),
      spec: { maxUnavailable: group.mayBeDown, selector: { matchLabels: labels } },
    },
    options,
  );
}

/**
 * Declares policies that admit the set itself to all its pods, and clients or monitoring to the groups that allow them.
 */
function declareNetworkPolicies(args: GroupObjectsArgs, options: pulumi.CustomResourceOptions): void {
  const everyone = setLabels(args.set);
  declarePolicy(args, "within", everyone, { from: [{ podSelector: { matchLabels: everyone } }] }, options);
  for (const group of args.plan.rows) {
    const peer = peerOf(args, group);
    if (peer !== undefined) {
      const ports = group.openPorts?.map((port) => ({ port }));
      const rule = { from: [peer], ...(ports === undefined ? {} : { ports }) };
      declarePolicy(args, `${group.openTo}-to-${group.name}`, groupLabels(args.set, group), rule, options);
    }
    const monitor = args.plan.monitors.find((each) => each.row === group.name);
    if (monitor !== undefined && group.openTo !== "monitoring") {
      const scraping = { from: [monitoring(args.plan)], ports: [{ port: monitor.port }] };
      declarePolicy(args, `monitoring-to-${group.name}`, groupLabels(args.set, group), scraping, options);
    }
  }
}

type Peer = kubernetes.types.input.networking.v1.NetworkPolicyPeer;
type Ingress = kubernetes.types.input.networking.v1.NetworkPolicyIngressRule;

function peerOf({ set, plan }: GroupObjectsArgs, { openTo }: NodeGroup): Peer | undefined {
  switch (openTo) {
    case "clients":
      return { namespaceSelector: {}, podSelector: { matchLabels: { [client]: set } } };
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
