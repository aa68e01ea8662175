import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../../../hosts/kubernetes/cluster.ts";
import { Troubles } from "../../../../hosts/kubernetes/pods.ts";

const seconds = 1000;

const exceeded = {
  type: "Warning",
  reason: "FailedCreate",
  message:
    'create Pod redis-0-0 in StatefulSet redis-0 failed error: pods "redis-0-0" is forbidden: exceeded quota: small',
  involvedObject: { kind: "StatefulSet", name: "redis-0" },
} as CoreV1Event;

describe("a node whose pod cannot be created", () => {
  const words = `FailedCreate: ${exceeded.message}`;

  test("has a temporary failure in the first minute, because the event may be left from an earlier update", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 59 * seconds);
    expect(troubles.of("redis-0", undefined)).toEqual({ words, permanent: false });
  });

  test("has a permanent failure after a minute, with the event's message", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 61 * seconds);
    expect(troubles.of("redis-0", undefined)).toEqual({ words, permanent: true });
  });

  test("has no permanent failure when the event is about another node", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 61 * seconds);
    expect(troubles.of("redis-1", undefined)).toEqual({ words: "it has no pod yet", permanent: false });
  });
});

describe("a pod that cannot be scheduled", () => {
  const message = "0/3 nodes are available: 3 Insufficient cpu.";
  const words = `Unschedulable: ${message}`;

  test("has a permanent failure after a minute, with the scheduler's message", async () => {
    const troubles = await Troubles.in(clusterWith([]), "redis-ha", 0);
    expect(troubles.of("redis-0", unscheduledFor(59 * seconds))).toEqual({ words, permanent: false });
    expect(troubles.of("redis-0", unscheduledFor(61 * seconds))).toEqual({ words, permanent: true });
  });

  test("has a temporary failure while the cluster adds a machine", async () => {
    const growing = { reason: "TriggeredScaleUp", involvedObject: { uid: "one" } } as CoreV1Event;
    const troubles = await Troubles.in(clusterWith([growing]), "redis-ha", 0);
    expect(troubles.of("redis-0", unscheduledFor(61 * seconds))).toEqual({ words, permanent: false });
  });

  function unscheduledFor(milliseconds: number): V1Pod {
    const lastTransitionTime = new Date(Date.now() - milliseconds);
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message, lastTransitionTime };
    return { metadata: { uid: "one" }, status: { conditions: [condition] } };
  }
});

/** A cluster that answers only requests for events. */
function clusterWith(events: readonly CoreV1Event[]): Cluster {
  return { events: async () => events } as unknown as Cluster;
}
