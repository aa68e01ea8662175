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

describe("a node whose pod cannot be made", () => {
  const words = `FailedCreate: ${exceeded.message}`;

  test("is waited for at first: the reason may be that of an earlier update", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 59 * seconds);
    expect(troubles.of("redis-0", undefined)).toEqual({ words, permanent: false });
  });

  test("is given up after a minute, with the reason", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 61 * seconds);
    expect(troubles.of("redis-0", undefined)).toEqual({ words, permanent: true });
  });

  test("is not given up for what happened to another, or for no reason", async () => {
    const troubles = await Troubles.in(clusterWith([exceeded]), "redis-ha", 61 * seconds);
    expect(troubles.of("redis-1", undefined)).toEqual({ words: "there is no pod yet", permanent: false });
  });
});

describe("a pod that no machine has room for", () => {
  const message = "0/3 nodes are available: 3 Insufficient cpu.";
  const words = `Unschedulable: ${message}`;

  test("is given up after a minute, in the scheduler's words", async () => {
    const troubles = await Troubles.in(clusterWith([]), "redis-ha", 0);
    expect(troubles.of("redis-0", unscheduledFor(59 * seconds))).toEqual({ words, permanent: false });
    expect(troubles.of("redis-0", unscheduledFor(61 * seconds))).toEqual({ words, permanent: true });
  });

  test("is waited for where a machine is on its way", async () => {
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

/** Nothing but events is asked for. */
function clusterWith(events: readonly CoreV1Event[]): Cluster {
  return { events: async () => events } as unknown as Cluster;
}
