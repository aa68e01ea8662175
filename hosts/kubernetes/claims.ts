import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Claims, Leftover } from "../ownership.ts";
import { isOf, providerInput, type StatedResource, stashed, statedIdentity } from "../stateResources.ts";
import { OWNER, STACK } from "./annotations.ts";
import { Cluster, type Owned } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";
import { whyAnotherCluster } from "./sameCluster.ts";

/** The part of the noted plan that says where the set is on a cluster. */
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

/** What a state may remove on the cluster of the kubeconfig. */
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
  const noted = stashed(resources, "-cluster");
  const elsewhere = whyAnotherCluster(typeof noted === "string" ? noted : "", (await cluster.uid()) ?? "");
  if (elsewhere !== undefined) {
    return { refusals: [elsewhere], leftovers: [], unreachable: undefined };
  }
  const others = await othersObjects(cluster, resources);
  return {
    refusals: others.length === 0 ? [] : [`this state did not make ${others.join(", ")}`],
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
    // Without a name in its inputs, Pulumi has made one up, which no other state has.
    const parsed = object.safeParse({ ...resource.inputs, kind });
    return isOf("kubernetes", resource) && parsed.success ? [parsed.data] : [];
  });
}

/** What Pulumi would remove by its name although another state or stack made it. */
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

/** What carries no identity is older than identities; then the names of the stacks must be the same. */
function isOwnLive(live: Owned, { metadata }: Stated, identity: string | undefined): boolean {
  if (live.owner !== undefined) {
    return live.owner === (identity ?? metadata.annotations?.[OWNER]);
  }
  return live.stack === undefined || live.stack === metadata.annotations?.[STACK];
}

/** Milliseconds between two looks whether a namespace is gone. */
const INTERVAL = 500;

async function leftovers(
  cluster: Cluster,
  { name: set, host }: Planned,
  resources: readonly StatedResource[],
): Promise<readonly Leftover[]> {
  const identity = statedIdentity(resources);
  const stated = objectsOf(resources);
  if (identity === undefined || stated.some(({ kind }) => kind === "Namespace")) {
    // A namespace in the state goes with everything in it.
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

/** Returns when it is gone: a new set could not be made in it before. Kubernetes kills its pods after their grace. */
async function removeNamespace(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.removeNamespace(namespace);
  while ((await cluster.namespaces(namespace))?.length === 1) {
    await delay(INTERVAL);
  }
}
