import { type Problem, ProblemsError } from "../../topology/settings/problem.ts";
import { contains, parseSubnet } from "../../topology/settings/subnet.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { Cluster } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import { POD_MONITOR } from "./monitors.ts";
import { foreignNamespace, foreignObjects, type Owner } from "./ownership.ts";
import { quantity } from "./quantities.ts";
import { volumeOf } from "./volumes.ts";

/** All that keeps a set from a cluster, before anything is made. */
export class PreflightError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("the cluster cannot take the set", problems);
  }
}

/**
 * Asks a cluster everything that would stop an update in the middle. What one may not ask is left to the update.
 *
 * @param owner the state that makes or changes the set
 * @throws PreflightError; ClusterError when there is no answer
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
 * To be called when the state has no namespace of the set: one of the same name may be there that this state made, and
 * was killed before it noted that, and no other.
 *
 * @throws PreflightError when it is somebody else's; ClusterError when there is no answer
 */
export async function requireOwnNamespace(cluster: Cluster, namespace: string, owner: Owner): Promise<void> {
  refuse(await foreignNamespace(cluster, namespace, { ...owner, newcomer: true }));
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
      expected: "a namespace that is there, since kubernetes.createNamespace is false",
      advice: `make it by kubectl create namespace ${namespace}, or correct its name`,
    },
  ];
}

interface Need {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/**
 * What the provider, the checks and the hooks do, by API group and resource. The provider makes every object by applying
 * it on the server's side, which is a patch.
 */
const needs: readonly Need[] = [
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

const needsOfMonitors: Need = {
  group: POD_MONITOR.group,
  resource: POD_MONITOR.plural,
  verbs: ["get", "create", "patch", "delete"],
};

async function missingRights(cluster: Cluster, plan: KubernetesPlan): Promise<readonly Problem[]> {
  const all = plan.monitors.length > 0 ? [...needs, needsOfMonitors] : needs;
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
    got: `none to ${refused.map(({ verb }) => verb).join(", ")} ${resource} in the namespace ${plan.namespace}`,
    expected: "a Role or ClusterRole that gives them to the user of the kubeconfig",
  }));
}

async function storageProblems(cluster: Cluster, { storageClass }: KubernetesPlan): Promise<readonly Problem[]> {
  const classes = await cluster.storageClasses();
  const isThere = classes?.some(({ name, isDefault }) =>
    storageClass === undefined ? isDefault : name === storageClass,
  );
  if (classes === undefined || isThere) {
    return [];
  }
  const names = classes.map(({ name }) => name).join(", ");
  return [
    {
      path: "kubernetes.storageClass",
      got: storageClass ?? "none, and the cluster has no default class",
      expected: names === "" ? "a storage class, and the cluster has none" : `one of ${names}`,
    },
  ];
}

/** A volume that is left by an earlier life of a node counts too. */
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
              expected: `at least ${quantity(size)}, since a volume cannot shrink`,
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
      expected: `a part of ${ranges.map(({ cidr }) => cidr).join(" or ")}, the cluster's Service addresses`,
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
            got: `${address} for ${name}, which the Service ${owner} has`,
            expected: "a part of the cluster's Service addresses in which no other Service is",
          },
        ];
  });
}

async function monitorProblems(cluster: Cluster, { monitors }: KubernetesPlan): Promise<readonly Problem[]> {
  const { group, version, kind } = POD_MONITOR;
  if (monitors.length === 0 || (await cluster.knows(group, version, kind))) {
    return [];
  }
  return [
    {
      path: "kubernetes.monitors.enabled",
      got: `true, and the cluster does not know ${kind} of ${group}/${version}`,
      expected: "a cluster with a Prometheus operator, which brings it",
      advice: "install one, or its custom resource definitions, or leave the monitors out",
    },
  ];
}
