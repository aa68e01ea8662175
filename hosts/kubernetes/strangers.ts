import type { Problem } from "../../topology/problem.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { Addressed } from "./addressed.ts";
import type { Cluster, Owned } from "./cluster.ts";

/**
 * What is on a cluster under the names of a set that is not there yet, and so is somebody else's. The provider would
 * take it over without a word, and `down` remove it.
 *
 * @param stack that is about to make the set; what it has made itself is no stranger
 */
export async function strangers(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly Addressed[],
  stack: string,
): Promise<readonly Problem[]> {
  const problems = plan.createNamespace ? await strangeNamespace(cluster, plan.namespace, stack) : [];
  return problems.length > 0 ? problems : strangeParts(cluster, plan, nodes, stack);
}

/** A namespace that a stack is to make, and that exists without being of it. */
export async function strangeNamespace(
  cluster: Cluster,
  namespace: string,
  stack: string,
): Promise<readonly Problem[]> {
  const found = await cluster.namespaces(namespace);
  if (found?.every((each) => each.stack === stack) ?? true) {
    return [];
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

async function strangeParts(
  cluster: Cluster,
  plan: KubernetesPlan,
  nodes: readonly Addressed[],
  stack: string,
): Promise<readonly Problem[]> {
  const ofNodes = new Set(nodes.map(({ name }) => name));
  const ofRows = new Set(plan.rows.flatMap(({ name, services }) => [name, ...services.map((service) => service.name)]));
  const isOurName = ({ kind, name }: Owned) => ofNodes.has(name) || (kind === "Service" && ofRows.has(name));
  const found = (await cluster.parts(plan.namespace)).filter((part) => part.stack !== stack && isOurName(part));
  if (found.length === 0) {
    return [];
  }
  const names = found.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  return [
    {
      path: "kubernetes.namespace",
      got: `${plan.namespace}, in which there is what is not of this stack: ${names}`,
      expected: "a namespace in which the names of the set's parts are free",
      advice: "choose another namespace, or remove them if nobody needs them",
    },
  ];
}
