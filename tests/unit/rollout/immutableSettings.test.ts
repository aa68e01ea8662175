import { describe, expect, test } from "vitest";
import { ImmutableSettingError, immutableChanges } from "../../../rollout/immutableSettings.ts";
import { nodesOf } from "../../../topology/nodes.ts";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { Topology } from "../../../topology/topology.ts";

describe("a running set on Kubernetes", () => {
  test("cannot change namespace, createNamespace or serviceSubnet, and all such changes are reported at once", () => {
    const changed = { namespace: "payments", createNamespace: false, serviceSubnet: "10.96.201.0/26" };
    const advice = "to change it, run `npm run down` first, which deletes the data";
    expect(problems(onKubernetes({}), onKubernetes(changed))).toEqual([
      { path: "kubernetes.namespace", got: "payments", expected: "cache, as first deployed", advice },
      { path: "kubernetes.createNamespace", got: "false", expected: "true, as first deployed", advice },
      {
        path: "kubernetes.serviceSubnet",
        got: "10.96.201.0/26",
        expected: "10.96.200.0/26, as first deployed",
        advice,
      },
    ]);
  });

  test("can change any other setting", () => {
    expect(problems(onKubernetes({}), { ...onKubernetes({ networkPolicies: false }), replicas: 4 })).toEqual([]);
  });
});

describe("a running set on Docker", () => {
  test("cannot shift a range of ports by less than its length, and the error names the nodes in conflict", () => {
    expect(problems(onDocker({}), onDocker({ redis: 6380 }))).toEqual([
      {
        path: "docker.ports.redis",
        got: "6380",
        expected:
          "ports that no other node has now: redis-0 would get 6380 of redis-1, redis-1 would get 6381 of redis-2",
        advice: "choose ports that the set does not use now, or run `npm run down` first, which deletes the data",
      },
    ]);
  });

  test("gets an error for every ports setting with a conflict, except between ports of the same container", () => {
    const swapped = { writes: 6579, reads: 6479, exporter: 8081, commander: 9121, sentinel: 26_378 };
    const refused = problems(onDocker({}), onDocker(swapped)).map(({ path, expected }) => [
      path,
      expected.split(": ")[1],
    ]);
    // A gateway and the login proxy each release all their ports at once, because each is one container.
    expect(refused).toEqual([
      ["docker.ports.sentinel", "sentinel-1 would get 26379 of sentinel-0, sentinel-2 would get 26380 of sentinel-1"],
    ]);
  });

  test("can move the ports of exporter and Commander, as published by an earlier version, to the login proxy", () => {
    const planned = plan(validateSettings(onDocker({}))).topology;
    const { loginProxy: _, exporter, commander, ...rest } = planned;
    const { access: metrics, ...earlierExporter } = exporter!;
    const { access: page, ...earlierCommander } = commander!;
    const earlier = {
      ...rest,
      exporter: { ...earlierExporter, published: metrics.published },
      commander: { ...earlierCommander, published: page.published },
    } as unknown as Topology;
    const existing = new Set(nodesOf(earlier).map(({ name }) => name));
    expect(immutableChanges(earlier, planned, existing)).toEqual([]);
    const withoutExporter = plan(validateSettings({ ...onDocker({ commander: 9121 }), exporter: { enabled: false } }));
    expect(immutableChanges(earlier, withoutExporter.topology, existing)).toMatchObject([
      { path: "docker.ports.commander", expected: expect.stringMatching(/login-proxy would get 9121 of exporter$/) },
    ]);
  });

  test("cannot reuse the port of a node that leaves the plan in the same update", () => {
    const without = { ...onDocker({ commander: 6381 }), replicas: 1 };
    expect(problems(onDocker({}), without)).toMatchObject([
      { path: "docker.ports.commander", expected: expect.stringMatching(/login-proxy would get 6381 of redis-2$/) },
    ]);
  });

  test.each<[string, SettingsInput]>([
    ["move to a range of ports without overlap", onDocker({ redis: 7000, sentinel: 27_000 })],
    ["get more nodes", { ...onDocker({}), replicas: 5, sentinels: { count: 5 } }],
    ["publish its ports at another address", { name: "cache", docker: { publishAddress: "0.0.0.0" } }],
    ["move to another network", { name: "cache", docker: { subnet: "10.64.0.0/24" } }],
  ])("can %s", (_change, planned) => {
    expect(problems(onDocker({}), planned)).toEqual([]);
  });

  test("has a port conflict between 0.0.0.0 and any address, and none between two different addresses", () => {
    const at = (publishAddress: string, redis: number): SettingsInput => ({
      name: "cache",
      docker: { publishAddress, ports: { redis } },
    });
    expect(problems(at("10.1.2.3", 6379), at("0.0.0.0", 6380))).toHaveLength(1);
    expect(problems(at("10.1.2.3", 6379), at("10.1.2.4", 6380))).toEqual([]);
  });
});

test("no change is refused when the target changes, because the set is created beside the old one", () => {
  expect(problems(onDocker({}), onKubernetes({ namespace: "payments" }))).toEqual([]);
});

test("no change is refused while no workload of the set exists", () => {
  const elsewhere = onKubernetes({ namespace: "payments", serviceSubnet: "10.96.201.0/26" });
  expect(problems(onKubernetes({}), elsewhere, [])).toEqual([]);
  expect(problems(onDocker({}), onDocker({ redis: 6380 }), [])).toEqual([]);
});

test("an ImmutableSettingError has one line for each problem, and states that nothing was changed", () => {
  const { message } = new ImmutableSettingError(problems(onKubernetes({}), onKubernetes({ namespace: "payments" })));
  expect(message).toBe(
    "this change cannot be applied to a running set; nothing was changed:\n" +
      "  kubernetes.namespace: got payments, expected cache, as first deployed; " +
      "to change it, run `npm run down` first, which deletes the data",
  );
});

/**
 * The changes that are refused between two plans.
 *
 * @param existing by default all nodes of the deployed set
 */
function problems(deployed: SettingsInput, planned: SettingsInput, existing?: readonly string[]) {
  const [before, after] = [deployed, planned].map((settings) => plan(validateSettings(settings)).topology);
  return immutableChanges(before!, after!, new Set(existing ?? nodesOf(before!).map(({ name }) => name)));
}

function onDocker(ports: NonNullable<NonNullable<SettingsInput["docker"]>["ports"]>): SettingsInput {
  return { name: "cache", docker: { ports } };
}

function onKubernetes(kubernetes: NonNullable<SettingsInput["kubernetes"]>): SettingsInput {
  return { name: "cache", target: "kubernetes", kubernetes: { serviceSubnet: "10.96.200.0/26", ...kubernetes } };
}
