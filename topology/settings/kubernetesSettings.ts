import { strictnesses } from "../choices.ts";
import { decimalNumber, flag, group, labels, oneOf, subnet, text } from "./settingTypes.ts";

const label = () => text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 lower-case letters, digits and hyphens");

/** A name of a storage class or a priority class: a DNS subdomain. */
const objectName = () =>
  text(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "1 to 253 lower-case letters, digits, hyphens and periods",
  );

const strictness = () => oneOf(strictnesses);

/** What only the target kubernetes has. */
export const kubernetes = group({
  context: text(/^[^\s\p{C}]{1,253}$/u, "1 to 253 characters without spaces and control characters")
    .optional()
    .meta({
      description: "Context of the kubeconfig: keeps a stack from reaching another cluster than its own.",
      derived: "the current one",
      effect: "cluster",
    }),
  namespace: label().optional().meta({
    description: "Namespace of everything the set creates; of this set alone.",
    derived: "that of `name`",
    effect: "fixed",
  }),
  createNamespace: flag().prefault(true).meta({
    description:
      "Whether the namespace is made with the set, and goes with it, volumes included; one that exists and is not of this stack is refused. Otherwise it is there already and stays, and so do the volumes.",
    effect: "fixed",
  }),
  serviceSubnet: subnet().prefault("10.96.0.128/25").meta({
    description:
      "Part of the cluster's range of Service addresses for the nodes' fixed addresses; a /27 holds the default set. The default lies where kubeadm's clusters hand out no addresses by themselves.",
    effect: "fixed",
  }),
  storageClass: objectName().optional().meta({
    description:
      "Storage class of the volumes. A node keeps the class it was made with, also for a volume that is made anew.",
    derived: "the cluster's default class",
    effect: "newNodes",
  }),
  priorityClass: objectName().optional().meta({
    description: "Priority class of all pods, for a cluster that may become full.",
    derived: "none",
    effect: "everyNode",
  }),
  cpuReservation: decimalNumber(0.01, 1).prefault(1).meta({
    description:
      "Share of each part's CPU cores that its machine sets aside for it. The rest it has when nobody else needs it.",
    effect: "everyNode",
  }),
  spread: group({
    nodes: strictness().prefault("preferred").meta({
      description:
        "Whether two data nodes, or two Sentinels, must not or had better not be on one machine. Required leaves a pod waiting where machines are too few.",
      effect: "everyNode",
    }),
    zones: strictness().prefault("preferred").meta({
      description: "Whether data nodes, and Sentinels, must be or had better be even over the zones of the cluster.",
      effect: "everyNode",
    }),
  }).prefault({}),
  networkPolicies: flag().prefault(true).meta({
    description:
      "Whether only the set itself, pods with the label `redis-ha/client: NAME` and the monitoring reach it, where the cluster's network enforces policies. NAME is that of the set.",
    effect: "policies",
  }),
  monitoringNamespace: label().prefault("monitoring").meta({
    description:
      "Namespace whose pods may reach the exporter through the login proxy, and the gateways where `monitors` are enabled.",
    effect: "policies",
  }),
  monitors: group({
    enabled: flag().prefault(false).meta({
      description:
        "Whether a Prometheus operator is told to scrape every node and every gateway, by a PodMonitor each for the exporter and the gateways. The cluster has to have that kind.",
      effect: "monitors",
    }),
    labels: labels().prefault({}).meta({
      description: "Labels of the PodMonitors, by which the operator selects them.",
      effect: "monitors",
    }),
  }).prefault({}),
});
