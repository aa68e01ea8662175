import type { V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { smallSet } from "../support/kubernetes/sets.ts";

const small = smallSet("ha-test-kube-up");
const set = {
  ...small,
  gateway: { count: 2 },
  kubernetes: { ...small.kubernetes, spread: { nodes: "required" } },
} as const;

describe.skipIf(noCluster)(`the gateways of a set on Kubernetes${noCluster}`, () => {
  let deployment: KubernetesDeployment;

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(set);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
  });
  afterAll(() => deployment.dispose());

  test("are replaced one after another if each needs its own machine and only two machines take pods", async () => {
    await deployment.configure({ ...set, gateway: { count: 2, user: "somebody" } });
    const before = await pods();
    const free = await machineWithoutGateway();
    await deployment.ask("cordon", free);
    try {
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
      const [first, second] = await pods();
      expect(second?.created).toBeGreaterThanOrEqual(first?.ready ?? Infinity);
      expect(first?.created).toBeGreaterThan(before[1]?.created ?? Infinity);
    } finally {
      await deployment.ask("uncordon", free);
    }
  });

  /** When the current pods of gateway-0 and gateway-1 were created and became ready, in milliseconds. */
  async function pods(): Promise<readonly { readonly created: number; readonly ready: number }[]> {
    const selection = ["--selector=app.kubernetes.io/component=gateway", "--sort-by=.metadata.labels.redis-ha/node"];
    const { items } = JSON.parse(await deployment.ask("get", "pods", ...selection, "--output=json"));
    return (items as readonly V1Pod[])
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata, status }) => ({
        created: Date.parse(String(metadata?.creationTimestamp)),
        ready: Date.parse(String(status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime)),
      }));
  }

  async function machineWithoutGateway(): Promise<string> {
    const names = async (...question: readonly string[]) => (await deployment.ask("get", ...question)).split(" ");
    const taken = await names(
      "pods",
      "--selector=app.kubernetes.io/component=gateway",
      "--output=jsonpath={.items[*].spec.nodeName}",
    );
    const all = await names("nodes", "--output=jsonpath={.items[*].metadata.name}");
    return all.find((name) => !taken.includes(name)) ?? "";
  }
});
