import type { Problem } from "../../topology/settings/problem.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { Cluster, Owned } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";

/** The state that may change and remove an object. */
export interface Owner {
  /** As `organization/project/stack`. */
  readonly stack: string;
  /** Of the state; every object that it made carries it. */
  readonly identity: string;
  /**
   * Whether nothing of the set is in the state yet. Then only what carries the identity belongs to it: a killed update
   * left that. Later, what carries none was made before identities existed, and belongs to it unless it names another
   * stack.
   */
  readonly newcomer: boolean;
}

/** Whether a state made an object, as far as the object tells. */
export function isOwn(found: Pick<Owned, "owner" | "stack">, { stack, identity, newcomer }: Owner): boolean {
  return found.owner === undefined
    ? !newcomer && (found.stack === undefined || found.stack === stack)
    : found.owner === identity;
}

/**
 * What is on a cluster under the names of a set and belongs to another state. The provider would take it over without a
 * word, and `down` would remove it.
 */
export async function foreignObjects(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly FixedAddress[],
  owner: Owner,
): Promise<readonly Problem[]> {
  const problems = plan.createNamespace ? await foreignNamespace(cluster, plan.namespace, owner) : [];
  return problems.length > 0 ? problems : strangeParts(cluster, plan, nodes, owner);
}

/** A namespace that a state is to make, and that exists without being its own. */
export async function foreignNamespace(cluster: Cluster, namespace: string, owner: Owner): Promise<readonly Problem[]> {
  const [found] = ((await cluster.namespaces(namespace)) ?? []).filter((each) => !isOwn(each, owner));
  if (found === undefined) {
    return [];
  }
  if (found.stack === owner.stack) {
    return [
      {
        path: "kubernetes.namespace",
        got: `${namespace}, which another state of the stack ${owner.stack} made`,
        expected: "a namespace that this state made, or none",
        advice: `${useOtherState}. If it is not needed, remove it with its data: kubectl delete namespace ${namespace}`,
      },
    ];
  }
  return [
    {
      path: "kubernetes.namespace",
      got: `${namespace}, which exists and is not of this stack`,
      expected: "a namespace that is not there yet, since `down` removes it with everything in it",
      advice:
        "set kubernetes.createNamespace to false for one that somebody else looks after, or choose another namespace",
    },
  ];
}

const useOtherState = "use the clone with that state in its .state folder, or its Pulumi backend";

async function strangeParts(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly FixedAddress[],
  owner: Owner,
): Promise<readonly Problem[]> {
  const ofNodes = new Set(nodes.map(({ name }) => name));
  const ofRows = new Set(plan.rows.flatMap(({ name, services }) => [name, ...services.map((service) => service.name)]));
  const isOurName = ({ kind, name }: Owned) => ofNodes.has(name) || (kind === "Service" && ofRows.has(name));
  const found = (await cluster.parts(plan.namespace)).filter((part) => isOurName(part) && !isOwn(part, owner));
  if (found.length === 0) {
    return [];
  }
  const ofStack = found.every((part) => part.stack === owner.stack);
  const whose = ofStack ? `what another state of the stack ${owner.stack} made` : "what is not of this stack";
  return [
    {
      path: "kubernetes.namespace",
      got: `${plan.namespace}, in which there is ${whose}: ${found.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`,
      expected: "a namespace in which the names of the set's parts are free",
      advice: `${ofStack ? `${useOtherState}, or ` : ""}choose another namespace, or remove them if they are not needed`,
    },
  ];
}
