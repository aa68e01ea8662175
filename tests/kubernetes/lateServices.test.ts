import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { freezeServices, thawServices } from "../support/kubernetes/kubeProxies.ts";
import { PodFaults, podOf } from "../support/kubernetes/podFaults.ts";
import { smallSet } from "../support/kubernetes/sets.ts";

const run = promisify(execFile);
const limit = { timeout: 60_000, interval: 500 };

describe.skipIf(noCluster)(`a set whose Services are ready later than its pods${noCluster}`, () => {
  let deployment: KubernetesDeployment;

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(smallSet("ha-test-kube-up"));
  });
  afterAll(async () => {
    await thawServices(deployment.cluster);
    await deployment.dispose();
  });

  test("comes up after a replica that tried to connect too early has reconnected", async () => {
    await freezeServices(deployment.cluster);
    const up = deployment.up();
    // While a Service has no pod, kube-proxy refuses connections, even those being opened. So the pod must run first.
    await vi.waitUntil(() => runs("redis-0"), limit);
    await vi.waitUntil(() => hasStartedToConnect("redis-1"), limit);
    await vi.waitUntil(() => retriesInAtLeast5Seconds("redis-1"), limit);
    await thawServices(deployment.cluster);
    const { exitCode, output } = await up;
    expect(exitCode, output).toBe(0);
    expect(await deployment.ask("logs", podOf("redis-1"))).toMatch(/reconnects to 10\.101\.0\.\d+ port 6379/);
  });

  async function runs(node: string): Promise<boolean> {
    const phase = ["--ignore-not-found", "--output=jsonpath={.status.phase}"];
    return (await deployment.ask("get", "pod", podOf(node), ...phase)) === "Running";
  }

  async function hasStartedToConnect(node: string): Promise<boolean> {
    return (
      (await runs(node)) && (await deployment.ask("logs", podOf(node))).includes("MASTER <-> REPLICA sync started")
    );
  }

  /** True if the kernel waits 5 s or more before it sends the next SYN packet. */
  async function retriesInAtLeast5Seconds(node: string): Promise<boolean> {
    const server = await new PodFaults(deployment).serverOf(node);
    const sockets = ["ss", "--no-header", "--tcp", "--numeric", "--options", "state", "syn-sent"];
    const { stdout } = await run("nsenter", [`--net=/proc/${server}/ns/net`, ...sockets, "dport", "=", ":6379"]);
    const seconds = [...stdout.matchAll(/timer:\(on,(\d+)(?:\.\d+)?sec/g)].map(([, whole]) => Number(whole));
    return Math.max(0, ...seconds) >= 5;
  }
});
