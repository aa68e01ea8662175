import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageFor } from "../../images/catalog.ts";
import { killMachine, partition, startAgain } from "../../toolchain/kubernetes/faults.ts";
import { kubectl } from "../../toolchain/kubernetes/kubectl.ts";
import { addressOf, type Node } from "../../toolchain/kubernetes/place.ts";
import { noCluster, nodeBecomes, read, type TestCluster, testCluster } from "../support/kubernetes/cluster.ts";
import { Project } from "../support/toolchain/project.ts";

const { reference, user } = imageFor("redis", "local");
const [uid, gid] = user.split(":");

const program = `
  import * as k8s from "@pulumi/kubernetes";
  const namespace = new k8s.core.v1.Namespace("trial", { metadata: { name: "trial" } });
  const metadata = { name: "redis", namespace: namespace.metadata.name };
  const configuration = new k8s.core.v1.ConfigMap("redis", { metadata, data: { "redis.conf": "save 1 1" } });
  const labels = { app: "redis" };
  new k8s.apps.v1.StatefulSet("redis", {
    metadata,
    spec: {
      serviceName: "redis",
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          securityContext: { runAsNonRoot: true, runAsUser: ${uid}, runAsGroup: ${gid}, fsGroup: ${gid} },
          containers: [{
            name: "redis",
            image: "${reference}",
            command: ["redis-server", "/etc/redis/redis.conf"],
            readinessProbe: { exec: { command: ["redis-cli", "ping"] }, periodSeconds: 1 },
            volumeMounts: [{ name: "redis-conf", mountPath: "/etc/redis" }, { name: "data", mountPath: "/data" }],
          }],
          volumes: [{ name: "redis-conf", configMap: { name: configuration.metadata.name } }],
        },
      },
      volumeClaimTemplates: [{
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "16Mi" } } },
      }],
    },
  });
`;

describe.skipIf(noCluster)(`the tests' cluster${noCluster}`, () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await testCluster();
  });

  afterAll(async () => {
    await kubectl(cluster, "delete", "namespace", "trial", "--ignore-not-found", "--timeout=60s");
  });

  test("has three nodes, each in its own zone", async () => {
    const { items } = await read(cluster, "nodes");
    const zones = items.map(({ metadata }: { metadata: { name: string; labels: Record<string, string> } }) => [
      metadata.name,
      metadata.labels["topology.kubernetes.io/zone"],
    ]);
    expect(zones).toEqual([
      ["node-1", "zone-1"],
      ["node-2", "zone-2"],
      ["node-3", "zone-3"],
    ]);
  });

  test("detects a node that is cut off, and accepts it when it is reconnected", async () => {
    const kubelet = [addressOf(cluster.place, "node-2"), 10250] as const;
    expect(await isReachable(...kubelet)).toBe(true);
    await partition(cluster, "node-2", true);
    expect(await isReachable(...kubelet)).toBe(false);
    await nodeBecomes(cluster, "node-2", false);
    await partition(cluster, "node-2", false);
    await nodeBecomes(cluster, "node-2", true);
    expect(await isReachable(...kubelet)).toBe(true);
  });

  test("keeps its state when the machine of its control plane is lost and restarted", async () => {
    const known = await read(cluster, "namespace/kube-system");
    await killMachine(cluster, "control");
    expect(await isReachable(addressOf(cluster.place, "control"), 6443)).toBe(false);
    await startAgain(cluster, "control");
    expect((await read(cluster, "namespace/kube-system")).metadata.uid).toBe(known.metadata.uid);
    await nodeBecomes(cluster, "node-1", true);
  });

  test("deploys a program without drift, keeps its data after the loss of its node, and removes it", async () => {
    const tiny = await Project.create(program, ["kubernetes"]);
    tiny.environment["KUBECONFIG"] = cluster.kubeconfig;
    const redisCli = (...commandLine: string[]) =>
      kubectl(cluster, "exec", "--namespace=trial", "redis-0", "--", "redis-cli", ...commandLine);

    expect(await tiny.up()).toMatchObject({ code: 0, output: expect.stringContaining("+ 4 created") });
    expect(await redisCli("set", "key", "kept")).toBe("OK\n");
    expect(await redisCli("save")).toBe("OK\n");
    const again = await tiny.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack", "trial");
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining("4 unchanged") });

    const { spec, status } = await read(cluster, "pod/redis-0", "trial");
    const node: Node = spec.nodeName;
    expect(await isReachable(status.podIP, 6379)).toBe(true);
    await killMachine(cluster, node);
    expect(await isReachable(status.podIP, 6379)).toBe(false);
    await nodeBecomes(cluster, node, false);
    await startAgain(cluster, node);
    await nodeBecomes(cluster, node, true);
    await kubectl(cluster, "wait", "--namespace=trial", "--for=condition=Ready", "--timeout=60s", "pod/redis-0");
    expect(await redisCli("get", "key")).toBe("kept\n");

    expect(await tiny.pulumi("destroy", "--yes", "--skip-preview", "--stack", "trial")).toMatchObject({ code: 0 });
    expect(await read(cluster, "namespace/trial")).toBeUndefined();
  });
});

/** True if the endpoint accepts a connection within a second. */
function isReachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const answer = (reachable: boolean) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}
