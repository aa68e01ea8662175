import type { V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { awaitReady, NotReadyError, type Readiness } from "../readiness.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import { podsOf, Troubles } from "./pods.ts";

export interface ReadinessOptions {
  readonly namespace: string;
  /** The set's name. */
  readonly set: string;
  /** The node, and so its StatefulSet or Deployment. */
  readonly node: string;
  readonly kind: ScaledKind;
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with what is being waited for, when that takes over 2 s and whenever it changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a pod without hope end it */
  readonly signal?: AbortSignal;
}

/**
 * Waits until the only pod of a StatefulSet or Deployment is of its newest revision and ready.
 *
 * @throws NotReadyError with Kubernetes' own words
 */
export function awaitReadiness(cluster: Cluster, options: ReadinessOptions): Promise<void> {
  const { namespace, node, deadline, progress, signal } = options;
  return awaitReady({
    name: node,
    deadline,
    progress,
    signal,
    look: (waited) => look(cluster, options, waited),
    failure: async (words, waited) =>
      new NotReadyError(
        `${node} is not ready ${Math.round(waited / 1000)} s after its change: ${words}\n` +
          `look at: kubectl describe pods -n ${namespace} -l redis-ha/node=${node}`,
      ),
  });
}

async function isRolledOut(cluster: Cluster, { namespace, node, kind }: ReadinessOptions): Promise<boolean> {
  return kind === "StatefulSet"
    ? isStatefulSetRolledOut(await cluster.statefulSet(namespace, node))
    : isDeploymentRolledOut(await cluster.deployment(namespace, node));
}

function isStatefulSetRolledOut({ metadata, status }: V1StatefulSet): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status?.updateRevision === status?.currentRevision &&
    status?.readyReplicas === 1
  );
}

/** These counts leave out pods that are stopping, such as one that a lost machine keeps forever. */
function isDeploymentRolledOut({ metadata, status }: V1Deployment): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status?.replicas === 1 &&
    status.updatedReplicas === 1 &&
    status.readyReplicas === 1
  );
}

async function look(cluster: Cluster, options: ReadinessOptions, waited: number): Promise<Readiness> {
  if (await isRolledOut(cluster, options)) {
    return { state: "ready" };
  }
  const { namespace, set, node } = options;
  const [pods, troubles] = await Promise.all([
    podsOf(cluster, namespace, set),
    Troubles.in(cluster, namespace, waited),
  ]);
  const pod = pods.get(node);
  const trouble = troubles.of(node, pod);
  if (trouble !== undefined) {
    return { state: trouble.permanent ? "failed" : "waiting", words: trouble.words };
  }
  return { state: "waiting", words: pod === undefined ? "there is no pod yet" : troubles.readiness(pod) };
}
