import { setTimeout as delay } from "node:timers/promises";
import type { V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { nextLook } from "../readiness.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import { type PodTrouble, podsOf, Troubles } from "./pods.ts";

/** A pod that did not become ready in time. */
export class NotReadyError extends Error {
  constructor(namespace: string, node: string, waited: number, said: string) {
    super(
      `${node} is not ready ${Math.round(waited / 1000)} s after its change: ${said}\n` +
        `look at: kubectl describe pods -n ${namespace} -l redis-ha/node=${node}`,
    );
    this.name = "NotReadyError";
  }
}

/** Milliseconds of waiting in silence. */
const SILENCE = 2_000;

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
export async function awaitReadiness(cluster: Cluster, options: ReadinessOptions): Promise<void> {
  const { node, deadline, progress, signal } = options;
  const start = Date.now();
  let reported = "";
  for (;;) {
    if (await isSettled(cluster, options)) {
      return;
    }
    const waited = Date.now() - start;
    const { words, permanent } = await obstacle(cluster, options, waited);
    if (permanent || waited >= deadline) {
      throw new NotReadyError(options.namespace, node, waited, words);
    }
    if (waited > SILENCE && words !== reported) {
      reported = words;
      progress(`waiting for ${node}: ${words}`);
    }
    await delay(nextLook(waited), undefined, signal === undefined ? {} : { signal });
  }
}

async function isSettled(cluster: Cluster, { namespace, node, kind }: ReadinessOptions): Promise<boolean> {
  return kind === "StatefulSet"
    ? isStatefulSetSettled(await cluster.statefulSet(namespace, node))
    : isDeploymentSettled(await cluster.deployment(namespace, node));
}

function isStatefulSetSettled({ metadata, status }: V1StatefulSet): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status?.updateRevision === status?.currentRevision &&
    status?.readyReplicas === 1
  );
}

/** Its counts are of pods that are not stopping: one that a lost machine keeps for ever is waited for no more. */
function isDeploymentSettled({ metadata, status }: V1Deployment): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    status?.replicas === 1 &&
    status.updatedReplicas === 1 &&
    status.readyReplicas === 1
  );
}

async function obstacle(
  cluster: Cluster,
  { namespace, set, node }: ReadinessOptions,
  waited: number,
): Promise<PodTrouble> {
  const [pods, troubles] = await Promise.all([
    podsOf(cluster, namespace, set),
    Troubles.in(cluster, namespace, waited),
  ]);
  const pod = pods.get(node);
  return (
    troubles.of(node, pod) ?? {
      words: pod === undefined ? "there is no pod yet" : troubles.readiness(pod),
      permanent: false,
    }
  );
}
