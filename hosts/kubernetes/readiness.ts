import type { V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { awaitReady, NotReadyError, type Readiness } from "../readiness.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import { podsOf, Troubles } from "./pods.ts";

export interface ReadinessOptions {
  readonly namespace: string;
  /** The set's name. */
  readonly set: string;
  /** The name of the node, which is also the name of its StatefulSet or Deployment. */
  readonly node: string;
  readonly kind: ScaledKind;
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with the reason why the pod is not ready, after 2 s and whenever the reason changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a permanent failure end it */
  readonly signal?: AbortSignal;
}

/**
 * Waits until the only pod of a StatefulSet or Deployment has the newest revision and is ready.
 *
 * @throws NotReadyError with Kubernetes' message
 */
export function awaitReadiness(cluster: Cluster, options: ReadinessOptions): Promise<void> {
  const { namespace, node, deadline, progress, signal } = options;
  return awaitReady({
    name: node,
    deadline,
    progress,
    signal,
    poll: (waited) => poll(cluster, options, waited),
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

/** These counts do not include terminating pods, such as a pod on a lost machine, which terminates forever. */
function isDeploymentRolledOut({ metadata, status }: V1Deployment): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status?.replicas === 1 &&
    status.updatedReplicas === 1 &&
    status.readyReplicas === 1
  );
}

async function poll(cluster: Cluster, options: ReadinessOptions, waited: number): Promise<Readiness> {
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
  return { state: "waiting", words: pod === undefined ? "it has no pod yet" : troubles.readiness(pod) };
}
