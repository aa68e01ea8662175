import { type Problem, ProblemsError } from "../../topology/settings/problem.ts";
import { contains, parseSubnet } from "../../topology/settings/subnet.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { Cluster } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import { podMonitor } from "./monitors.ts";
import { foreignNamespace, foreignObjects, type Owner } from "./ownership.ts";
import { quantity } from "./quantities.ts";
import { volumeOf } from "./volumes.ts";

/** The cluster cannot run the set. The error lists all problems, and nothing has been created yet. */
export class PreflightError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("the cluster cannot run the set", problems);
  }
}

/**
 * Checks a cluster for everything that would stop an update halfway. Checks for which this user lacks the rights are
 * skipped.
 *
 * @param owner the state that creates or changes the set
 * @throws PreflightError
 * @throws ClusterError when the cluster does not answer
 */
export async function preflight(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly FixedAddress[],
  owner: Owner,
): Promise<void> {
  const problems = await Promise.all([
    foreignObjects(cluster, plan, nodes, owner),
    missingNamespace(cluster, plan),
    missingRights(cluster, plan),
    storageProblems(cluster, plan),
    shrinkingVolumes(cluster, plan, nodes),
    rangeProblems(cluster, plan),
    takenAddresses(cluster, plan, nodes),
    monitorProblems(cluster, plan),
  ]);
  refuse(problems.flat());
}

/**
 * Checks that no other owner has a namespace of this name. To be called when the state has no namespace of the set. A
 * namespace that a killed update of this state left behind is accepted.
 *
 * @throws PreflightError when the namespace belongs to another owner
 * @throws ClusterError when the cluster does not answer
 */
export async function requireOwnNamespace(cluster: Cluster, namespace: string, owner: Owner): Promise<void> {
  refuse(await foreignNamespace(cluster, namespace, { ...owner, isFirstDeployment: true }));
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) {
    throw new PreflightError(problems);
  }
}

async function missingNamespace(
  cluster: Cluster,
  { namespace, createNamespace }: KubernetesPlan,
): Promise<readonly Problem[]> {
  if (createNamespace || (await cluster.namespaces(namespace))?.length !== 0) {
    return [];
  }
  return [
    {
      path: "kubernetes.namespace",
      got: `${namespace}, which the cluster does not have`,
      expected: "an existing namespace, because kubernetes.createNamespace is false",
      advice: `create it with kubectl create namespace ${namespace}, or correct the name`,
    },
  ];
}

/** Verbs that the user of the kubeconfig must be allowed to use on a resource. */
interface RequiredRights {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/**
 * The rights that the provider, the checks and the hooks need, by API group and resource. The provider creates every
 * object by server-side apply, which is a patch.
 */
const requiredRights: readonly RequiredRights[] = [
  { group: "", resource: "services", verbs: ["list", "get", "create", "patch", "delete"] },
  { group: "", resource: "configmaps", verbs: ["get", "create", "patch", "delete"] },
  { group: "", resource: "secrets", verbs: ["get", "create", "patch", "delete"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["get", "patch"] },
  { group: "", resource: "pods", verbs: ["list"] },
  { group: "", resource: "pods/portforward", verbs: ["create", "get"] },
  { group: "", resource: "events", verbs: ["list"] },
  { group: "apps", resource: "statefulsets", verbs: ["list", "get", "create", "patch", "delete"] },
  { group: "apps", resource: "deployments", verbs: ["list", "get", "create", "patch", "delete"] },
  { group: "apps", resource: "statefulsets/scale", verbs: ["patch"] },
  { group: "apps", resource: "deployments/scale", verbs: ["patch"] },
  { group: "policy", resource: "poddisruptionbudgets", verbs: ["get", "create", "patch", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["get", "create", "patch", "delete"] },
];

const requiredRightsForMonitors: RequiredRights = {
  group: podMonitor.group,
  resource: podMonitor.plural,
  verbs: ["get", "create", "patch", "delete"],
};

async function missingRights(cluster: Cluster, plan: KubernetesPlan): Promise<readonly Problem[]> {
  const all = plan.monitors.length > 0 ? [...requiredRights, requiredRightsForMonitors] : requiredRights;
  const inNamespace = all.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => ({ group, resource, verb, namespace: plan.namespace })),
  );
  const ofCluster = plan.createNamespace
    ? ["get", "create", "patch", "delete"].map((verb) => ({ group: "", resource: "namespaces", verb, namespace: "" }))
    : [];
  const rights = [...ofCluster, ...inNamespace];
  const answers = await Promise.all(
    rights.map(({ resource, ...right }) => {
      const [name = "", subresource = ""] = resource.split("/");
      return cluster.isAllowed({ ...right, resource: name, subresource });
    }),
  );
  const missing = Map.groupBy(
    rights.filter((_, index) => answers[index] === false),
    ({ group, resource }) => (group === "" ? resource : `${resource}.${group}`),
  );
  return [...missing].map(([resource, refused]) => ({
    path: "rights",
    got: `no right to ${refused.map(({ verb }) => verb).join(", ")} ${resource} in the namespace ${plan.namespace}`,
    expected: "a Role or ClusterRole that grants these rights to the user of the kubeconfig",
  }));
}

async function storageProblems(cluster: Cluster, { storageClass }: KubernetesPlan): Promise<readonly Problem[]> {
  const classes = await cluster.storageClasses();
  const isAvailable = classes?.some(({ name, isDefault }) =>
    storageClass === undefined ? isDefault : name === storageClass,
  );
  if (classes === undefined || isAvailable) {
    return [];
  }
  const names = classes.map(({ name }) => name).join(", ");
  return [
    {
      path: "kubernetes.storageClass",
      got: storageClass ?? "none, but the cluster has no default class",
      expected: names === "" ? "a cluster with a storage class (this cluster has none)" : `one of ${names}`,
    },
  ];
}

/**
 * Finds volumes that are larger than planned, including volumes that were kept after an earlier removal of the node.
 */
async function shrinkingVolumes(
  cluster: Cluster,
  { namespace }: KubernetesPlan,
  nodes: readonly FixedAddress[],
): Promise<readonly Problem[]> {
  const problems = await Promise.all(
    nodes.map(async ({ name, disk }) => {
      const { claim, size = 0 } = disk === 0 ? {} : await volumeOf(cluster, namespace, name);
      return size <= disk
        ? []
        : [
            {
              path: "size",
              got: `a disk of ${quantity(disk)} for ${name}, whose volume ${claim} has ${quantity(size)}`,
              expected: `at least ${quantity(size)}, because a volume cannot shrink`,
            },
          ];
    }),
  );
  return problems.flat();
}

async function rangeProblems(cluster: Cluster, { serviceSubnet }: KubernetesPlan): Promise<readonly Problem[]> {
  const ranges = ((await cluster.serviceRanges()) ?? []).flatMap((range) => parseSubnet(range) ?? []);
  const own = parseSubnet(serviceSubnet);
  if (ranges.length === 0 || own === undefined || ranges.some((range) => contains(range, own))) {
    return [];
  }
  return [
    {
      path: "kubernetes.serviceSubnet",
      got: serviceSubnet,
      expected: `a part of ${ranges.map(({ cidr }) => cidr).join(" or ")}, the cluster's range of Service addresses`,
    },
  ];
}

async function takenAddresses(
  cluster: Cluster,
  { namespace }: KubernetesPlan,
  nodes: readonly FixedAddress[],
): Promise<readonly Problem[]> {
  const owners = await cluster.serviceAddresses();
  return nodes.flatMap(({ name, address }) => {
    const owner = owners?.get(address);
    return owner === undefined || owner === `${namespace}/${name}`
      ? []
      : [
          {
            path: "kubernetes.serviceSubnet",
            got: `${address} for ${name}, an address that the Service ${owner} already has`,
            expected: "a part of the cluster's Service addresses that no other Service uses",
          },
        ];
  });
}

async function monitorProblems(cluster: Cluster, { monitors }: KubernetesPlan): Promise<readonly Problem[]> {
  const { group, version, kind } = podMonitor;
  if (monitors.length === 0 || (await cluster.knows(group, version, kind))) {
    return [];
  }
  return [
    {
      path: "kubernetes.monitors.enabled",
      got: `true, but the cluster does not have the kind ${kind} of ${group}/${version}`,
      expected: "a cluster with a Prometheus operator, which defines this kind",
      advice: "install the operator or its custom resource definitions, or disable the monitors",
    },
  ];
}
