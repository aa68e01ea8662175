import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../../hosts/kubernetes/cluster.ts";
import { ClusterError } from "../../hosts/kubernetes/clusterError.ts";
import { existingWorkloads } from "../../hosts/kubernetes/existing.ts";
import { KubernetesHost } from "../../hosts/kubernetes/host.ts";
import { preflight, requireOwnNamespace } from "../../hosts/kubernetes/preflight.ts";
import { awaitReadiness } from "../../hosts/kubernetes/readiness.ts";
import type { ExistingWorkload } from "../../hosts/workload.ts";
import { Part, workload } from "../support/components/onDocker.ts";
import { upstreamKubernetes, webs } from "../support/components/onKubernetes.ts";
import { declared, named } from "../support/components/program.ts";

vi.mock("../../hosts/kubernetes/preflight.ts", () => ({ preflight: vi.fn(), requireOwnNamespace: vi.fn() }));
vi.mock("../../hosts/kubernetes/existing.ts", () => ({ existingWorkloads: vi.fn() }));
vi.mock("../../hosts/kubernetes/readiness.ts", () => ({ awaitReadiness: vi.fn() }));

const answers: Partial<Cluster> = { uid: async () => "5f0c" };
const cluster = answers as Cluster;

beforeEach(() => {
  vi.mocked(awaitReadiness).mockReset();
  vi.mocked(existingWorkloads).mockReset().mockResolvedValue([]);
  vi.spyOn(Cluster, "connect").mockReturnValue(cluster);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the workloads of a Kubernetes host", () => {
  test.each([
    ["are created in parallel if the cluster has no workload of the set", [], ["part-web-0-address"]],
    [
      "are created in order if the cluster has a workload of the set",
      [there("web-0")],
      ["part-desk", "part-web-0-address"],
    ],
  ])("%s", async (_case, present, before) => {
    vi.mocked(existingWorkloads).mockResolvedValue(present);
    expect(await dependencies()).toEqual(expect.arrayContaining(before));
    expect((await dependencies()).includes("part-desk")).toBe(present.length > 0);
    expect(vi.mocked(existingWorkloads).mock.lastCall).toEqual([cluster, "samples", "sample"]);
  });

  test("are created in order if the cluster does not answer, and in a preview, which does not ask the cluster", async () => {
    vi.mocked(existingWorkloads).mockRejectedValue(new ClusterError("the cluster does not answer", undefined));
    expect(await dependencies()).toContain("part-desk");
    vi.mocked(existingWorkloads).mockReset();
    vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
    expect(await dependencies()).toContain("part-desk");
    expect(existingWorkloads).not.toHaveBeenCalled();
  });

  /** The dependencies of a workload that is declared after another one. */
  async function dependencies(): Promise<readonly string[]> {
    const program = await declared(() => {
      const host = new KubernetesHost("place", upstreamKubernetes);
      const parent = new Part("part");
      const { resource } = host.run({ ...workload(), name: "desk" }, { name: "part", parent, after: [] });
      host.run(workload(), { name: "part", parent, after: [resource] });
    });
    return named(program, "part-web-0").dependencies;
  }

  function there(name: string): ExistingWorkload {
    return { name, address: "10.41.0.10", running: false, stop: vi.fn(), start: vi.fn() };
  }
});

describe("the hooks of a Kubernetes host", () => {
  test("check the ownership of all objects before the set is created, and of the namespace before it is created", async () => {
    const stack = "organization/redis-ha/test";
    const program = await declared(() => {
      new KubernetesHost("place", upstreamKubernetes);
    });
    await program.runHook("place-first-preflight");
    await program.runHook("place-preflight");
    await program.runHook("place-namespace");
    const { plan, nodes, identity } = upstreamKubernetes;
    expect(vi.mocked(preflight).mock.calls).toEqual([
      [cluster, plan, nodes, { stack, identity, isFirstDeployment: true }],
      [cluster, plan, nodes, { stack, identity, isFirstDeployment: false }],
    ]);
    expect(vi.mocked(requireOwnNamespace).mock.calls).toEqual([
      [cluster, "samples", { stack, identity, isFirstDeployment: true }],
    ]);
  });

  test.each([
    [
      "refuse every change on a cluster other than the recorded one",
      "another cluster",
      /another cluster than the one that answers/,
    ],
    ["allow changes on the recorded cluster", "5f0c", undefined],
    ["allow changes if the recorded cluster is unknown", "", undefined],
  ])("%s", async (_case, recorded, refusal) => {
    const program = await declared(
      () => {
        new KubernetesHost("place", upstreamKubernetes);
      },
      { "place-cluster": recorded },
    );
    const preflightHook = program.runHook("place-preflight");
    await (refusal === undefined
      ? expect(preflightHook).resolves.toBeUndefined()
      : expect(preflightHook).rejects.toThrow(refusal));
    // A different cluster changes the stash, so that the hook runs.
    const unchanged = JSON.stringify({ plan: upstreamKubernetes.plan, nodes: upstreamKubernetes.nodes });
    expect(named(program, "place-preflight").inputs["input"] === unchanged).toBe(refusal === undefined);
  });

  test("mark every created workload as new, with and without a volume", async () => {
    const { program, host } = await gatewayAndNode();
    expect(named(program, "part-gateway-0").hooks).toEqual(["beforeCreate place-gateway-0-new"]);
    expect([host.isNew("gateway-0"), host.isNew("web-0")]).toEqual([false, false]);
    await program.runHook("place-gateway-0-new");
    expect([host.isNew("gateway-0"), host.isNew("web-0")]).toEqual([true, false]);
    await program.runHook("place-web-0-new");
    expect(host.isNew("web-0")).toBe(true);
  });
});

test("awaitReady of a Kubernetes host waits for all StatefulSets and Deployments in parallel, with a deadline of five minutes each", async () => {
  const { host } = await gatewayAndNode();
  await host.awaitReady(["gateway-0", "web-0"]);
  const common = {
    namespace: "samples",
    set: "sample",
    deadline: 300_000,
    progress: expect.any(Function),
    signal: expect.any(AbortSignal),
  };
  expect(vi.mocked(awaitReadiness).mock.calls).toEqual([
    [cluster, { ...common, node: "gateway-0", kind: "Deployment" }],
    [cluster, { ...common, node: "web-0", kind: "StatefulSet" }],
  ]);
});

async function gatewayAndNode() {
  const { promise, resolve } = Promise.withResolvers<KubernetesHost>();
  const program = await declared(() => {
    const host = new KubernetesHost("place", {
      ...upstreamKubernetes,
      plan: { ...upstreamKubernetes.plan, rows: [{ ...webs, members: ["web-0", "gateway-0"] }] },
    });
    const { volume, ...gateway } = workload();
    const placement = { name: "part", parent: new Part("part"), after: [] };
    host.run(workload(), placement);
    host.run({ ...gateway, name: "gateway-0" }, placement);
    resolve(host);
  });
  return { program, host: await promise };
}
