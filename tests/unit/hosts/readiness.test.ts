import type { V1Deployment } from "@kubernetes/client-node";
import { describe, expect, test, vi } from "vitest";
import type { Cluster } from "../../../hosts/kubernetes/cluster.ts";
import { awaitReadiness } from "../../../hosts/kubernetes/readiness.ts";

const rolledOut = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };

describe("a Deployment", () => {
  test.each([
    ["before its controller has observed the change", { observedGeneration: 1 }],
    ["while only its old pod exists", { updatedReplicas: 0 }],
    ["while its old pod still exists", { replicas: 2 }],
    ["before its new pod is ready", { readyReplicas: 0 }],
  ])("is not ready %s", async (_case, status) => {
    const deployment = vi
      .fn<Cluster["deployment"]>()
      .mockResolvedValueOnce(deploymentWith({ ...rolledOut, ...status }))
      .mockResolvedValue(deploymentWith(rolledOut));
    await awaitReadiness(clusterWith(deployment), {
      namespace: "redis-ha",
      set: "redis-ha",
      node: "gateway-0",
      kind: "Deployment",
      deadline: 60_000,
      progress: () => undefined,
    });
    expect(deployment.mock.calls).toEqual([
      ["redis-ha", "gateway-0"],
      ["redis-ha", "gateway-0"],
    ]);
  });
});

function deploymentWith(status: NonNullable<V1Deployment["status"]>): V1Deployment {
  return { metadata: { generation: 2 }, status };
}

function clusterWith(deployment: Cluster["deployment"]): Cluster {
  const answers: Partial<Cluster> = { deployment, pods: async () => [], events: async () => [] };
  return answers as Cluster;
}
