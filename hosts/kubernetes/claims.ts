import { z } from "zod";
import type { Claims, Leftover } from "../ownership.ts";
import { isOf, providerInput, type StatedResource, stashed, statedIdentity } from "../stateResources.ts";
import { ownerAnnotation, stackAnnotation } from "./annotations.ts";
import { Cluster, type Owned } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";
import { awaitGone } from "./gone.ts";
import { whyAnotherCluster } from "./sameCluster.ts";

/** The part of the recorded plan that locates the set on a cluster. */
const plannedOnKubernetes = z.object({
  topology: z.object({
    name: z.string(),
    host: z.object({
      target: z.literal("kubernetes"),
      namespace: z.string(),
      createNamespace: z.boolean(),
      context: z.string().optional(),
    }),
  }),
});

type Planned = z.infer<typeof plannedOnKubernetes>["topology"];

/** Finds out which objects a state may remove on the cluster of the kubeconfig. */
export async function claimsOnKubernetes(resources: readonly StatedResource[]): Promise<Claims> {
  try {
    return await claims(resources);
  } catch (error) {
    if (error instanceof ClusterError) {
      return { refusals: [], leftovers: [], unreachable: error.message };
    }
    throw error;
  }
}

async function claims(resources: readonly StatedResource[]): Promise<Claims> {
  const plan = planOf(resources);
  const cluster = Cluster.connect(providerInput("kubernetes", resources, "context") ?? plan?.host.context);
  const recorded = stashed(resources, "-cluster");
  const elsewhere = whyAnotherCluster(typeof recorded === "string" ? recorded : "", (await cluster.uid()) ?? "");
  if (elsewhere !== undefined) {
    return { refusals: [elsewhere], leftovers: [], unreachable: undefined };
  }
  const others = await othersObjects(cluster, resources);
  return {
    refusals: others.length === 0 ? [] : [`this state did not create ${others.join(", ")}`],
    leftovers: plan === undefined ? [] : await leftovers(cluster, plan, resources),
    unreachable: undefined,
  };
}

function planOf(resources: readonly StatedResource[]): Planned | undefined {
  return plannedOnKubernetes.safeParse(stashed(resources, "-deployment")).data?.topology;
}

const object = z.object({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  }),
});

type Stated = z.infer<typeof object>;

function objectsOf(resources: readonly StatedResource[]): readonly Stated[] {
  return resources.flatMap((resource) => {
    const kind = resource.type.split(":").at(-1);
    // An object without a name in its inputs has a name that Pulumi generated, and that no other state uses.
    const parsed = object.safeParse({ ...resource.inputs, kind });
    return isOf("kubernetes", resource) && parsed.success ? [parsed.data] : [];
  });
}

/** Finds objects that Pulumi would remove by their names although another state or stack created them. */
async function othersObjects(cluster: Cluster, resources: readonly StatedResource[]): Promise<readonly string[]> {
  const identity = statedIdentity(resources);
  const stated = objectsOf(resources);
  const namespaces = new Set(
    stated.map(({ kind, metadata }) => (kind === "Namespace" ? metadata.name : metadata.namespace)),
  );
  const found = await Promise.all(
    [...namespaces].map(async (namespace = "") => {
      const objects = [...((await cluster.namespaces(namespace)) ?? []), ...(await cluster.parts(namespace))];
      return objects.filter((live) => {
        const known = stated.find(({ kind, metadata }) => kind === live.kind && metadata.name === live.name);
        return known !== undefined && !isOwnLive(live, known, identity);
      });
    }),
  );
  return found.flat().map(({ kind, name }) => `${kind} ${name}`);
}

/**
 * Returns true if an object on the cluster belongs to the state. An object without an identity was created by an
 * earlier version and belongs to the state if it names the same stack or none.
 */
function isOwnLive(live: Owned, { metadata }: Stated, identity: string | undefined): boolean {
  if (live.owner !== undefined) {
    return live.owner === (identity ?? metadata.annotations?.[ownerAnnotation]);
  }
  return live.stack === undefined || live.stack === metadata.annotations?.[stackAnnotation];
}

async function leftovers(
  cluster: Cluster,
  { name: set, host }: Planned,
  resources: readonly StatedResource[],
): Promise<readonly Leftover[]> {
  const identity = statedIdentity(resources);
  const stated = objectsOf(resources);
  if (identity === undefined || stated.some(({ kind }) => kind === "Namespace")) {
    // If the state has the namespace, Pulumi deletes it with everything in it.
    return [];
  }
  if (host.createNamespace) {
    const found = ((await cluster.namespaces(host.namespace)) ?? []).filter(({ owner }) => owner === identity);
    return found.map(({ name }) => ({
      description: `namespace ${name} with everything in it`,
      remove: () => removeNamespace(cluster, name),
    }));
  }
  const ids = new Set(resources.filter((each) => isOf("kubernetes", each)).map(({ id }) => id));
  const found = await cluster.objectsOf(host.namespace, set, identity);
  return found
    .filter(({ name }) => !ids.has(`${host.namespace}/${name}`))
    .map((left) => ({ description: `${left.kind} ${left.name}`, remove: () => cluster.remove(host.namespace, left) }));
}

/** Deletes a namespace. Resolves when it is gone, because a new set cannot be created in it before. */
async function removeNamespace(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.removeNamespace(namespace);
  await awaitGone(async () => (await cluster.namespaces(namespace))?.length === 1);
}
