import type { Problem } from "../../topology/settings/problem.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { Cluster, Owned } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";

/** The state that may change and remove an object. */
export interface Owner {
  /** The stack as `organization/project/stack`. */
  readonly stack: string;
  /** The identity of the state; every object that the state created carries it. */
  readonly identity: string;
  /**
   * True if the state has no object of the set yet. Then only objects with the identity belong to the state: a killed
   * update left them behind. In later deployments, objects without an identity belong to the state too, unless they
   * name another stack: an earlier version created them.
   */
  readonly isFirstDeployment: boolean;
}

/** Returns true if a state owns an object, judged by the object's annotations. */
export function isOwn(found: Pick<Owned, "owner" | "stack">, { stack, identity, isFirstDeployment }: Owner): boolean {
  return found.owner === undefined
    ? !isFirstDeployment && (found.stack === undefined || found.stack === stack)
    : found.owner === identity;
}

/**
 * Returns a problem for each kind of object that has a name of the set and belongs to another state. The provider would
 * adopt such objects silently, and `down` would remove them.
 */
export async function foreignObjects(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly FixedAddress[],
  owner: Owner,
): Promise<readonly Problem[]> {
  const problems = plan.createNamespace ? await foreignNamespace(cluster, plan.namespace, owner) : [];
  return problems.length > 0 ? problems : foreignParts(cluster, plan, nodes, owner);
}

/** Returns a problem if a namespace that the state would create exists and belongs to another owner. */
export async function foreignNamespace(cluster: Cluster, namespace: string, owner: Owner): Promise<readonly Problem[]> {
  const [found] = ((await cluster.namespaces(namespace)) ?? []).filter((each) => !isOwn(each, owner));
  if (found === undefined) {
    return [];
  }
  if (found.stack === owner.stack) {
    return [
      {
        path: "kubernetes.namespace",
        got: `${namespace}, which another state of the stack ${owner.stack} created`,
        expected: "a namespace that this state created, or none",
        advice: `${useOtherState}. If it is not needed, remove it with its data: kubectl delete namespace ${namespace}`,
      },
    ];
  }
  return [
    {
      path: "kubernetes.namespace",
      got: `${namespace}, which exists but does not belong to this stack`,
      expected: "a namespace that does not exist yet, because `down` deletes it with everything in it",
      advice: "set kubernetes.createNamespace to false to use an existing namespace, or choose another namespace",
    },
  ];
}

const useOtherState = "use the clone with that state in its .state folder, or its Pulumi backend";

async function foreignParts(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly FixedAddress[],
  owner: Owner,
): Promise<readonly Problem[]> {
  const ofNodes = new Set(nodes.map(({ name }) => name));
  const ofGroups = new Set(
    plan.rows.flatMap(({ name, services }) => [name, ...services.map((service) => service.name)]),
  );
  const isNameOfSet = ({ kind, name }: Owned) => ofNodes.has(name) || (kind === "Service" && ofGroups.has(name));
  const found = (await cluster.parts(plan.namespace)).filter((part) => isNameOfSet(part) && !isOwn(part, owner));
  if (found.length === 0) {
    return [];
  }
  const ofStack = found.every((part) => part.stack === owner.stack);
  const whose = ofStack
    ? `objects that another state of the stack ${owner.stack} created`
    : "objects that do not belong to this stack";
  return [
    {
      path: "kubernetes.namespace",
      got: `${plan.namespace}, which has ${whose}: ${found.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`,
      expected: "a namespace in which the names of the set's parts are free",
      advice: `${ofStack ? `${useOtherState}, or ` : ""}choose another namespace, or remove them if they are not needed`,
    },
  ];
}
