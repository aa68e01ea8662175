import { describe, expect, test } from "vitest";
import { ImmutableSettingError, immutableChanges } from "../../../rollout/immutableSettings.ts";
import { nodesOf } from "../../../topology/nodes.ts";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { Topology } from "../../../topology/topology.ts";

describe("on Kubernetes a set that runs keeps", () => {
  test("its namespace, who made that, and its addresses; all that differs is named at once", () => {
    const changed = { namespace: "payments", createNamespace: false, serviceSubnet: "10.96.201.0/26" };
    const advice = "to change it, run `npm run down` first, the data is lost";
    expect(problems(onKubernetes({}), onKubernetes(changed))).toEqual([
      { path: "kubernetes.namespace", got: "payments", expected: "cache, which the set was brought up with", advice },
      { path: "kubernetes.createNamespace", got: "false", expected: "true, which the set was brought up with", advice },
      {
        path: "kubernetes.serviceSubnet",
        got: "10.96.201.0/26",
        expected: "10.96.200.0/26, which the set was brought up with",
        advice,
      },
    ]);
  });

  test("nothing else", () => {
    expect(problems(onKubernetes({}), { ...onKubernetes({ networkPolicies: false }), replicas: 4 })).toEqual([]);
  });
});

describe("on Docker", () => {
  test("a row of ports that shifts by less than its length is refused, with who has which", () => {
    expect(problems(onDocker({}), onDocker({ redis: 6380 }))).toEqual([
      {
        path: "docker.ports.redis",
        got: "6380",
        expected:
          "ports that no other node has at the moment: redis-0 would get 6380 of redis-1, redis-1 would get 6381 of redis-2",
        advice: "choose ports that the set does not use now; or run `npm run down` first, the data is lost",
      },
    ]);
  });

  test("every setting with a conflict is named, for any node that has the ports", () => {
    const swapped = { writes: 6579, reads: 6479, exporter: 8081, commander: 9121, sentinel: 26_378 };
    const refused = problems(onDocker({}), onDocker(swapped)).map(({ path, expected }) => [
      path,
      expected.split(": ")[1],
    ]);
    // One container gives its ports up together: a gateway does, and the login proxy.
    expect(refused).toEqual([
      ["docker.ports.sentinel", "sentinel-1 would get 26379 of sentinel-0, sentinel-2 would get 26380 of sentinel-1"],
    ]);
  });

  test("the login proxy gets the ports of exporter and Commander, which publish them in a set of an earlier version", () => {
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

  test("the port of a node that leaves is not free yet", () => {
    const without = { ...onDocker({ commander: 6381 }), replicas: 1 };
    expect(problems(onDocker({}), without)).toMatchObject([
      { path: "docker.ports.commander", expected: expect.stringMatching(/login-proxy would get 6381 of redis-2$/) },
    ]);
  });

  test.each<[string, SettingsInput]>([
    ["a row apart", onDocker({ redis: 7000, sentinel: 27_000 })],
    ["more nodes", { ...onDocker({}), replicas: 5, sentinels: { count: 5 } }],
    ["another address", { name: "cache", docker: { publishAddress: "0.0.0.0" } }],
    ["another network", { name: "cache", docker: { subnet: "10.64.0.0/24" } }],
  ])("%s can be had", (_change, planned) => {
    expect(problems(onDocker({}), planned)).toEqual([]);
  });

  test("a port of every address is the port of each, and one of another address is not", () => {
    const at = (publishAddress: string, redis: number): SettingsInput => ({
      name: "cache",
      docker: { publishAddress, ports: { redis } },
    });
    expect(problems(at("10.1.2.3", 6379), at("0.0.0.0", 6380))).toHaveLength(1);
    expect(problems(at("10.1.2.3", 6379), at("10.1.2.4", 6380))).toEqual([]);
  });
});

test("on another target a set is made beside the old one, with any name and port", () => {
  expect(problems(onDocker({}), onKubernetes({ namespace: "payments" }))).toEqual([]);
});

test("what was refused before anything was made may be asked for otherwise", () => {
  const elsewhere = onKubernetes({ namespace: "payments", serviceSubnet: "10.96.201.0/26" });
  expect(problems(onKubernetes({}), elsewhere, [])).toEqual([]);
  expect(problems(onDocker({}), onDocker({ redis: 6380 }), [])).toEqual([]);
});

test("people read one line for each problem, and that nothing was changed", () => {
  const { message } = new ImmutableSettingError(problems(onKubernetes({}), onKubernetes({ namespace: "payments" })));
  expect(message).toBe(
    "this change cannot be applied to a running set; nothing was changed:\n" +
      "  kubernetes.namespace: got payments, expected cache, which the set was brought up with; " +
      "to change it, run `npm run down` first, the data is lost",
  );
});

/** @param existing by default all nodes of the deployed set */
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
