import { strictnesses } from "../choices.ts";
import { decimalNumber, flag, group, labels, oneOf, subnet, text } from "./settingTypes.ts";

const label = () => text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 lower-case letters, digits and hyphens");

/** The name of a storage class or a priority class: a DNS subdomain. */
const objectName = () =>
  text(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "1 to 253 lower-case letters, digits, hyphens and periods",
  );

const strictness = () => oneOf(strictnesses);

/** The settings that apply only to the target kubernetes. */
export const kubernetes = group({
  context: text(/^[^\s\p{C}]{1,253}$/u, "1 to 253 characters without spaces and control characters")
    .optional()
    .meta({
      description: "Context of the kubeconfig. Set it so that a stack cannot be deployed to the wrong cluster.",
      derived: "the current context",
      effect: "cluster",
    }),
  namespace: label().optional().meta({
    description: "Namespace of all objects of the set. No other set may use it.",
    derived: "the value of `name`",
    effect: "fixed",
  }),
  createNamespace: flag().prefault(true).meta({
    description:
      "Whether the set creates the namespace, and removes it together with all volumes. With `true`, a namespace that this stack did not create is refused. With `false`, the namespace must exist; when the set is removed, the namespace and the volumes stay.",
    effect: "fixed",
  }),
  serviceSubnet: subnet().prefault("10.96.0.128/25").meta({
    description:
      "Part of the cluster's Service range for the fixed addresses of the nodes. A /27 is enough for the default set. The default lies in the part of the range from which a kubeadm cluster assigns no address automatically.",
    effect: "fixed",
  }),
  storageClass: objectName().optional().meta({
    description:
      "Storage class of the volumes. A node keeps the class that it was created with, even if its volume is recreated.",
    derived: "the cluster's default class",
    effect: "newNodes",
  }),
  priorityClass: objectName().optional().meta({
    description: "Priority class of all pods.",
    derived: "none",
    effect: "everyNode",
  }),
  cpuReservation: decimalNumber(0.01, 1).prefault(1).meta({
    description: "CPU request as a fraction of the CPU limit.",
    effect: "everyNode",
  }),
  spread: group({
    nodes: strictness().prefault("preferred").meta({
      description:
        "Whether data nodes must run on different machines, and Sentinels likewise (pod anti-affinity). `required` leaves a pod pending if there are too few machines; `preferred` does not.",
      effect: "everyNode",
    }),
    zones: strictness().prefault("preferred").meta({
      description:
        "Whether data nodes must be spread over the zones of the cluster, and Sentinels likewise. `required` leaves a pod pending if it would make the spread uneven; `preferred` does not.",
      effect: "everyNode",
    }),
  }).prefault({}),
  networkPolicies: flag().prefault(true).meta({
    description:
      "Whether NetworkPolicies restrict connections to the set. They allow only the set itself, pods with the label `redis-ha/client: NAME` (NAME is the set's name), and monitoring. The network plugin of the cluster must enforce NetworkPolicies.",
    effect: "policies",
  }),
  monitoringNamespace: label().prefault("monitoring").meta({
    description:
      "Namespace of Prometheus. Pods of this namespace may connect to the login proxy's port for the exporter and, with `monitors`, to the gateways.",
    effect: "policies",
  }),
  monitors: group({
    enabled: flag().prefault(false).meta({
      description:
        "Whether PodMonitors for the exporter and the gateways are created. The cluster must have the resource kind PodMonitor of the Prometheus operator.",
      effect: "monitors",
    }),
    labels: labels().prefault({}).meta({
      description: "Labels of the PodMonitors, by which the operator selects them.",
      effect: "monitors",
    }),
  }).prefault({}),
});
