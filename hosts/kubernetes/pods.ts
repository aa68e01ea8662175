import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import type { Cluster } from "./cluster.ts";
import { nodeLabel, setLabels } from "./labels.ts";

/** The reason why a pod does not run. */
export interface PodTrouble {
  /** Kubernetes' message, which is meant to follow the node's name. */
  readonly words: string;
  /** True if waiting does not help. */
  readonly permanent: boolean;
}

/** Maps the name of each node to its pod. If a node has several pods, the newest is used, which replaces the others. */
export async function podsOf(cluster: Cluster, namespace: string, set: string): Promise<ReadonlyMap<string, V1Pod>> {
  const pods = await cluster.pods(namespace, setLabels(set));
  const byAge = pods.toSorted((one, other) => createdAt(one) - createdAt(other));
  return new Map(byAge.map((pod) => [pod.metadata?.labels?.[nodeLabel] ?? "", pod]));
}

/** Returns true if the pod's only container runs, ready or not. */
export function isRunning(pod: V1Pod | undefined): boolean {
  return pod?.status?.containerStatuses?.[0]?.state?.running !== undefined;
}

/** Explains why pods of a namespace do not run or are not ready, from their status and the namespace's events. */
export class Troubles {
  readonly #events: readonly CoreV1Event[];
  readonly #waited: number;

  private constructor(events: readonly CoreV1Event[], waited: number) {
    this.#events = events;
    this.#waited = waited;
  }

  /** @param waited milliseconds that the caller has been waiting */
  static async in(cluster: Cluster, namespace: string, waited: number): Promise<Troubles> {
    return new Troubles(await cluster.events(namespace), waited);
  }

  /** Why the node's container does not run; undefined if it runs, ready or not. */
  of(node: string, pod: V1Pod | undefined): PodTrouble | undefined {
    if (pod === undefined) {
      // Only an event of the pod's controller has the reason, such as `exceeded quota`. The event may be left from an
      // earlier update, and the controller retries automatically, so the reason is permanent only after a minute.
      const refusal = this.#latest(isAbout(node));
      const permanent = refusal !== undefined && this.#waited > schedulingTimeout;
      return { words: refusal ?? "it has no pod yet", permanent };
    }
    if (isRunning(pod)) {
      return undefined;
    }
    const permanent = this.#isPermanentlyUnscheduled(pod);
    return containerTrouble(pod.status?.containerStatuses?.[0]) ?? { words: this.#whyNotStarted(pod), permanent };
  }

  /** Why a pod whose container runs is not ready: the output of its probe. */
  readiness(pod: V1Pod): string {
    if (pod.metadata?.deletionTimestamp !== undefined) {
      return "its old pod is stopping";
    }
    const uid = pod.metadata?.uid ?? "";
    const failure = this.#latest((event) => event.involvedObject.uid === uid && event.reason === "Unhealthy");
    return failure?.replace(/^Unhealthy: (Startup|Readiness) probe failed: /, "").trim() ?? "it is starting";
  }

  #whyNotStarted(pod: V1Pod): string {
    const unscheduled = unscheduledIn(pod);
    if (unscheduled !== undefined) {
      const claims = pod.spec?.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []) ?? [];
      const volume = this.#latest((event) => claims.some((claim) => isAbout(claim)(event)));
      return [`${unscheduled.reason}: ${unscheduled.message}`, ...(volume === undefined ? [] : [volume])].join("; ");
    }
    const uid = pod.metadata?.uid ?? "";
    return this.#latest((event) => event.involvedObject.uid === uid) ?? "its container is being created";
  }

  /**
   * Returns true if the pod has been unscheduled for a minute and no machine is being added. A cluster with an
   * autoscaler reports a scale-up immediately.
   */
  #isPermanentlyUnscheduled(pod: V1Pod): boolean {
    const since = unscheduledIn(pod)?.lastTransitionTime?.getTime() ?? Date.now();
    const grows = this.#events.some(
      ({ reason, involvedObject }) => reason === "TriggeredScaleUp" && involvedObject.uid === pod.metadata?.uid,
    );
    return !grows && Date.now() - since > schedulingTimeout;
  }

  #latest(wanted: (event: CoreV1Event) => boolean): string | undefined {
    const warnings = this.#events.filter((event) => event.type === "Warning" && wanted(event));
    const [latest] = warnings.sort((one, other) => seenAt(other) - seenAt(one));
    return latest === undefined ? undefined : `${latest.reason}: ${latest.message}`;
  }
}

/** Milliseconds after which a pod that is not created or scheduled counts as failed. */
const schedulingTimeout = 60_000;

function unscheduledIn(pod: V1Pod): V1PodCondition | undefined {
  return pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
}

/** Selects events about a workload. A Deployment's pods are created by a ReplicaSet named after the Deployment. */
function isAbout(name: string): (event: CoreV1Event) => boolean {
  return ({ involvedObject }) =>
    involvedObject.kind === "ReplicaSet"
      ? (involvedObject.name ?? "").startsWith(`${name}-`)
      : involvedObject.name === name;
}

/**
 * Restarts after which a container counts as failed. Kubernetes increases the delay each time, so the fifth restart is
 * about two minutes after the first.
 */
const maximumRestarts = 5;

/** Reasons for which a container waits until a person corrects the cause. */
const permanentReasons = new Set([
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
]);

function containerTrouble(status: V1ContainerStatus | undefined): PodTrouble | undefined {
  const waiting = status?.state?.waiting;
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (ended !== undefined) {
    const restarts = status?.restartCount ?? 0;
    const words = `it stopped with exit code ${ended.exitCode} after ${restarts} restarts: ${lastLine(ended.message)}`;
    return { words, permanent: restarts >= maximumRestarts };
  }
  if (waiting?.reason === undefined || waiting.reason === "ContainerCreating") {
    return undefined;
  }
  const words = `${waiting.reason}: ${waiting.message ?? "no reason given"}`;
  return { words, permanent: permanentReasons.has(waiting.reason) };
}

function seenAt({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? firstTimestamp ?? 0).getTime();
}

function createdAt({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp?.getTime() ?? 0;
}

function lastLine(text: string | undefined): string {
  return text?.trim().split("\n").at(-1) ?? "it printed no message";
}
