import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodCondition } from "@kubernetes/client-node";
import type { Cluster } from "./cluster.ts";
import { NODE, setLabels } from "./labels.ts";

/** Why a pod does not run, or is not ready. */
export interface PodTrouble {
  /** Kubernetes' own words, to be read after the node's name. */
  readonly words: string;
  /** Whether waiting does not help. */
  readonly permanent: boolean;
}

/** The pods of a set by the name of their node; of several, the youngest, which replaces the others. */
export async function podsOf(cluster: Cluster, namespace: string, set: string): Promise<ReadonlyMap<string, V1Pod>> {
  const pods = await cluster.pods(namespace, setLabels(set));
  const byAge = pods.toSorted((one, other) => createdAt(one) - createdAt(other));
  return new Map(byAge.map((pod) => [pod.metadata?.labels?.[NODE] ?? "", pod]));
}

/** Whether its only container does, ready or not. */
export function isRunning(pod: V1Pod | undefined): boolean {
  return pod?.status?.containerStatuses?.[0]?.state?.running !== undefined;
}

/** What went wrong with the pods of a namespace, and with what they wait for. */
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

  /** Undefined when the node's container runs, ready or not. */
  of(node: string, pod: V1Pod | undefined): PodTrouble | undefined {
    if (pod === undefined) {
      // Such as `exceeded quota`: nothing but an event of the pod's controller tells. What an earlier update ran into
      // is told too, and the controller tries again by itself.
      const refusal = this.#latest(isAbout(node));
      const permanent = refusal !== undefined && this.#waited > SCHEDULING_PATIENCE;
      return { words: refusal ?? "there is no pod yet", permanent };
    }
    if (isRunning(pod)) {
      return undefined;
    }
    const permanent = this.#isUnscheduledForGood(pod);
    return containerTrouble(pod.status?.containerStatuses?.[0]) ?? { words: this.#whyNotStarted(pod), permanent };
  }

  /** Why a pod whose container runs is not ready: its probe's words. */
  readiness(pod: V1Pod): string {
    if (pod.metadata?.deletionTimestamp !== undefined) {
      return "its old pod is stopping";
    }
    const uid = pod.metadata?.uid ?? "";
    const said = this.#latest((event) => event.involvedObject.uid === uid && event.reason === "Unhealthy");
    return said?.replace(/^Unhealthy: (Startup|Readiness) probe failed: /, "").trim() ?? "it is starting";
  }

  #whyNotStarted(pod: V1Pod): string {
    const unscheduled = unscheduledIn(pod);
    if (unscheduled !== undefined) {
      const claims = pod.spec?.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []) ?? [];
      const volume = this.#latest((event) => claims.some((claim) => isAbout(claim)(event)));
      return [`${unscheduled.reason}: ${unscheduled.message}`, ...(volume === undefined ? [] : [volume])].join("; ");
    }
    const uid = pod.metadata?.uid ?? "";
    return this.#latest((event) => event.involvedObject.uid === uid) ?? "its container is being made";
  }

  /** For a minute, and no machine on its way: a cluster that grows by itself says so at once. */
  #isUnscheduledForGood(pod: V1Pod): boolean {
    const since = unscheduledIn(pod)?.lastTransitionTime?.getTime() ?? Date.now();
    const grows = this.#events.some(
      ({ reason, involvedObject }) => reason === "TriggeredScaleUp" && involvedObject.uid === pod.metadata?.uid,
    );
    return !grows && Date.now() - since > SCHEDULING_PATIENCE;
  }

  #latest(wanted: (event: CoreV1Event) => boolean): string | undefined {
    const warnings = this.#events.filter((event) => event.type === "Warning" && wanted(event));
    const [latest] = warnings.sort((one, other) => seenAt(other) - seenAt(one));
    return latest === undefined ? undefined : `${latest.reason}: ${latest.message}`;
  }
}

/** Milliseconds. */
const SCHEDULING_PATIENCE = 60_000;

function unscheduledIn(pod: V1Pod): V1PodCondition | undefined {
  return pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
}

/** A Deployment's pods are made by a ReplicaSet that is named after it. */
function isAbout(name: string): (event: CoreV1Event) => boolean {
  return ({ involvedObject }) =>
    involvedObject.kind === "ReplicaSet"
      ? (involvedObject.name ?? "").startsWith(`${name}-`)
      : involvedObject.name === name;
}

/** Kubernetes starts a container that stops again, each time later; the fifth time is about two minutes after. */
const HOPELESS_RESTARTS = 5;

/** A container that waits for one of these waits for a person. */
const hopelessReasons = new Set([
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
    const words = `it stopped with exit code ${ended.exitCode}, ${restarts} restarts so far: ${lastLine(ended.message)}`;
    return { words, permanent: restarts >= HOPELESS_RESTARTS };
  }
  if (waiting?.reason === undefined || waiting.reason === "ContainerCreating") {
    return undefined;
  }
  const words = `${waiting.reason}: ${waiting.message ?? "no reason given"}`;
  return { words, permanent: hopelessReasons.has(waiting.reason) };
}

function seenAt({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? firstTimestamp ?? 0).getTime();
}

function createdAt({ metadata }: V1Pod): number {
  return metadata?.creationTimestamp?.getTime() ?? 0;
}

function lastLine(text: string | undefined): string {
  return text?.trim().split("\n").at(-1) ?? "it said nothing";
}
