import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { verify } from "../../checks/verify.ts";
import { plan, RedisHa, type RedisHaArgs, validateSettings } from "../../components/index.ts";
import { verificationTarget } from "../../redis/target.ts";
import { clientEnvironment } from "../../topology/clientEnvironment.ts";
import { type Declaration, declared, named, ofType, plainTexts, secret } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

vi.mock("../../rollout/observeNodes.ts", () => ({ observeNodes: async () => [] }));
vi.mock("../../rollout/reconcile.ts", () => ({ reconcile: async () => undefined }));
vi.mock("../../checks/verify.ts", () => ({ verify: vi.fn() }));

const topology = sampleSet();
const commanderPassword = "open-sesame-open-sesame";
const gatewayPassword = "look-but-do-not-touch";
const exporterPassword = "scrape-and-nothing-else";
const passwords = { password, gatewayPassword, exporterPassword, commanderPassword };

test("a set that is declared with settings is named after its component", async () => {
  const { topology: planned } = plan(validateSettings({ name: "cache", replicas: 3 }));
  const fromSettings = await declareSet({ settings: { replicas: 3 }, ...passwords });
  expect(treeOf(fromSettings)).toEqual(treeOf(await declareSet({ topology: planned, ...passwords })));
});

test("invalid settings fail with a RunError that names every problem", async () => {
  const settings = { replicas: -1, gateway: { enabled: true, count: 9 } };
  const failure: unknown = await declareSet({ settings, ...passwords }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(pulumi.RunError);
  expect(String(failure)).toMatch(/replicas[\s\S]*gateway\.count/);
});

test("a set with configured passwords declares its parts, its verification and the record of its deployment", async () => {
  expect(treeOf(await declareSet({ topology, ...passwords }))).toEqual([
    "redis-ha:index:RedisHa cache",
    "  redis-ha:index:RedisCommander cache-commander",
    "    test:index:Workload cache-commander-commander after cache-deployment, cache-login-proxy-certificate",
    "  pulumi:index:Stash cache-deployment; beforeCreate cache-deployment-first; beforeUpdate cache-deployment-change",
    "  redis-ha:index:RedisExporter cache-exporter",
    "    test:index:Workload cache-exporter-exporter after cache-deployment, cache-login-proxy-certificate",
    "  redis-ha:index:RedisGateway cache-gateway",
    "    test:index:Workload cache-gateway-gateway-0 after cache-deployment",
    "    pulumi:index:Stash cache-gateway-gateway-0-ready after cache-gateway-gateway-0; " +
      "beforeCreate cache-gateway-gateway-0-ready; beforeUpdate cache-gateway-gateway-0-ready",
    "  pulumi:index:Stash cache-identity",
    "  redis-ha:index:LoginProxy cache-login-proxy",
    "    test:index:Workload cache-login-proxy-login-proxy after " +
      "cache-commander-commander, cache-exporter-exporter, cache-login-proxy-certificate",
    "  pulumi:index:Stash cache-login-proxy-certificate",
    "  redis-ha:index:RedisMaster cache-master",
    "    test:index:Workload cache-master-redis-0 after cache-deployment",
    "    pulumi:index:Stash cache-master-redis-0-ready after cache-master-redis-0; " +
      "beforeCreate cache-master-redis-0-ready; beforeUpdate cache-master-redis-0-ready",
    "  redis-ha:index:RedisReplicas cache-replicas",
    "    test:index:Workload cache-replicas-redis-1 after cache-deployment, cache-master-redis-0-ready",
    "    pulumi:index:Stash cache-replicas-redis-1-ready after cache-replicas-redis-1; " +
      "beforeCreate cache-replicas-redis-1-ready; beforeUpdate cache-replicas-redis-1-ready",
    "    test:index:Workload cache-replicas-redis-2 after cache-deployment, cache-replicas-redis-1-ready",
    "    pulumi:index:Stash cache-replicas-redis-2-ready after cache-replicas-redis-2; " +
      "beforeCreate cache-replicas-redis-2-ready; beforeUpdate cache-replicas-redis-2-ready",
    "  redis-ha:index:RedisSentinels cache-sentinels",
    "    test:index:Workload cache-sentinels-sentinel-0 after cache-deployment",
    "    pulumi:index:Stash cache-sentinels-sentinel-0-ready after cache-sentinels-sentinel-0; " +
      "beforeCreate cache-sentinels-sentinel-0-ready; beforeUpdate cache-sentinels-sentinel-0-ready",
    "    test:index:Workload cache-sentinels-sentinel-1 after cache-deployment, cache-sentinels-sentinel-0-ready",
    "    pulumi:index:Stash cache-sentinels-sentinel-1-ready after cache-sentinels-sentinel-1; " +
      "beforeCreate cache-sentinels-sentinel-1-ready; beforeUpdate cache-sentinels-sentinel-1-ready",
    "    test:index:Workload cache-sentinels-sentinel-2 after cache-deployment, cache-sentinels-sentinel-1-ready",
    "    pulumi:index:Stash cache-sentinels-sentinel-2-ready after cache-sentinels-sentinel-2; " +
      "beforeCreate cache-sentinels-sentinel-2-ready; beforeUpdate cache-sentinels-sentinel-2-ready",
    "  redis-ha:index:Verification cache-verification",
    "    pulumi:index:Stash cache-verification-fingerprint after " +
      "cache-commander-commander, cache-exporter-exporter, cache-gateway-gateway-0, cache-gateway-gateway-0-ready, " +
      "cache-login-proxy-login-proxy, cache-master-redis-0, cache-master-redis-0-ready, cache-replicas-redis-1, cache-replicas-redis-1-ready, " +
      "cache-replicas-redis-2, cache-replicas-redis-2-ready, cache-sentinels-sentinel-0, cache-sentinels-sentinel-0-ready, " +
      "cache-sentinels-sentinel-1, cache-sentinels-sentinel-1-ready, cache-sentinels-sentinel-2, " +
      "cache-sentinels-sentinel-2-ready; " +
      "beforeCreate cache-verification-checks; beforeUpdate cache-verification-checks",
  ]);
});

test("a set without configured passwords has stashes for generated passwords and for the login proxy's certificate", async () => {
  const program = await declareSet({ topology });
  const stashes = ofType(program, "pulumi:index:Stash").filter(({ name }) => !name.endsWith("-ready"));
  expect(stashes.map(({ name, parent }) => `${name} of ${parent}`)).toEqual([
    "cache-commander-password of redis-ha:index:RedisCommander cache-commander",
    "cache-deployment of redis-ha:index:RedisHa cache",
    "cache-exporter-password of redis-ha:index:RedisExporter cache-exporter",
    "cache-gateway-password of redis-ha:index:RedisGateway cache-gateway",
    "cache-identity of redis-ha:index:RedisHa cache",
    "cache-login-proxy-certificate of redis-ha:index:RedisHa cache",
    "cache-password of redis-ha:index:RedisHa cache",
    "cache-verification-fingerprint of redis-ha:index:Verification cache-verification",
  ]);
});

test("a set without gateway, exporter and Redis Commander declares none of them, and its verification depends on none", async () => {
  const absent = { enabled: false };
  const small = sampleSet({ gateway: absent, exporter: absent, commander: absent });
  const program = await declared(() => {
    new RedisHa("cache", { topology: small, password, host: new RecordingHost() });
  });
  expect(program.resources.filter(({ name }) => /gateway|exporter|commander|login-proxy/.test(name))).toEqual([]);
  expect(named(program, "cache-verification-fingerprint").dependencies).toEqual([
    "cache-master-redis-0",
    "cache-master-redis-0-ready",
    "cache-replicas-redis-1",
    "cache-replicas-redis-1-ready",
    "cache-replicas-redis-2",
    "cache-replicas-redis-2-ready",
    "cache-sentinels-sentinel-0",
    "cache-sentinels-sentinel-0-ready",
    "cache-sentinels-sentinel-1",
    "cache-sentinels-sentinel-1-ready",
    "cache-sentinels-sentinel-2",
    "cache-sentinels-sentinel-2-ready",
  ]);
  expect(Object.keys(named(program, "cache").outputs ?? {}).sort()).toEqual([
    "environment",
    "masterName",
    "nodes",
    "password",
    "sentinels",
  ]);
});

test("a set without an explicit host runs on Docker, in a network of the set's name", async () => {
  const program = await declared(() => {
    new RedisHa("cache", { topology, ...passwords });
  });
  expect(named(program, "cache", "redis-ha:hosts:DockerHost").parent).toBe("redis-ha:index:RedisHa cache");
  expect(named(program, "cache-network").inputs).toMatchObject({
    name: "sample",
    ipamConfigs: [{ subnet: "10.41.0.0/24", gateway: "10.41.0.1" }],
  });
  expect(ofType(program, "docker:index/container:Container")).toHaveLength(10);
});

test("two sets in one program do not depend on each other", async () => {
  const program = await declared(() => {
    new RedisHa("first", { topology, host: new RecordingHost() });
    new RedisHa("second", { topology, host: new RecordingHost() });
  });
  const dependencies = program.resources.filter(({ name }) => name.startsWith("first")).flatMap((r) => r.dependencies);
  expect(dependencies.filter((name) => !name.startsWith("first"))).toEqual([]);
});

describe("the outputs of a set", () => {
  test("are the addresses and logins of its parts, with every password as a secret", async () => {
    const { outputs } = await declareSet({ topology, ...passwords });
    expect(outputs).toEqual({
      topology,
      masterName: "mymaster",
      nodes: [
        node("redis-0", "10.41.0.10", 6379, 6379),
        node("redis-1", "10.41.0.11", 6379, 6380),
        node("redis-2", "10.41.0.12", 6379, 6381),
      ],
      sentinels: [
        node("sentinel-0", "10.41.0.254", 26379, 26379),
        node("sentinel-1", "10.41.0.253", 26379, 26380),
        node("sentinel-2", "10.41.0.252", 26379, 26381),
      ],
      password: secret(password),
      gateway: secret({
        gateways: [
          {
            name: "gateway-0",
            writes: { address: "10.41.0.4", port: 6379, published: { host: "127.0.0.1", port: 6479 } },
            reads: { address: "10.41.0.4", port: 6380, published: { host: "127.0.0.1", port: 6579 } },
            statisticsUrl: "http://127.0.0.1:8404/",
            metricsUrl: "http://127.0.0.1:8404/metrics",
          },
        ],
        user: "admin",
        password: gatewayPassword,
      }),
      commander: secret({ url: "http://127.0.0.1:8081", user: "admin", password: commanderPassword }),
      metrics: secret({
        url: "http://127.0.0.1:9121/metrics",
        user: "prometheus",
        password: exporterPassword,
        targets: expect.any(Array),
      }),
      environment: secret(clientEnvironment(topology, password)),
    });
  });

  test("equal the outputs of the component, except for the plan", async () => {
    const program = await declareSet({ topology, ...passwords });
    const { topology: _plan, ...rest } = program.outputs;
    expect(named(program, "cache").outputs).toEqual(rest);
  });

  test("contain generated passwords if none are configured", async () => {
    const program = await declareSet({ topology });
    expect(program.outputs).toMatchObject({
      password: secret(stashed(program, "cache-password")),
      gateway: { value: { password: stashed(program, "cache-gateway-password") } },
      commander: secret({
        user: "admin",
        url: expect.any(String),
        password: stashed(program, "cache-commander-password"),
      }),
      metrics: { value: { password: stashed(program, "cache-exporter-password") } },
      environment: secret(clientEnvironment(topology, stashed(program, "cache-password"))),
    });
  });
});

test("passwords of the set appear only in secrets", async () => {
  for (const configured of [passwords, {}]) {
    const program = await declareSet({ topology, ...configured });
    const {
      password: given,
      gateway,
      metrics,
      commander,
    } = program.outputs as Record<string, { readonly value: unknown }>;
    const logins = [gateway, metrics, commander].map((access) => access!.value as { readonly password: string });
    const key = /-----BEGIN PRIVATE KEY-----\n(.+)/.exec(stashed(program, "cache-login-proxy-certificate"))?.[1] ?? "";
    expect(key).not.toBe("");
    const secrets = [given!.value as string, key, ...logins.map((login) => login.password)];
    const texts = plainTexts([program.resources, program.outputs]);
    expect(texts.filter((text) => secrets.some((word) => text.includes(word)))).toEqual([]);
  }
});

describe("the verification of a set", () => {
  beforeEach(() => {
    vi.mocked(verify).mockReset().mockResolvedValue({ passed: true, mode: "inside", checks: [], milliseconds: 1 });
    vi.spyOn(pulumi.log, "info").mockResolvedValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("logs in with the configured passwords", async () => {
    const { runHook } = await declareSet({ topology, ...passwords });
    await runHook("cache-verification-checks");
    expect(vi.mocked(verify).mock.lastCall?.[0]).toEqual(verificationTarget(topology, passwords));
  });

  test("logs in with the generated passwords", async () => {
    const program = await declareSet({ topology });
    await program.runHook("cache-verification-checks");
    const generated = {
      password: stashed(program, "cache-password"),
      gatewayPassword: stashed(program, "cache-gateway-password"),
      exporterPassword: stashed(program, "cache-exporter-password"),
      commanderPassword: stashed(program, "cache-commander-password"),
    };
    expect(vi.mocked(verify).mock.lastCall?.[0]).toEqual(verificationTarget(topology, generated));
  });
});

/** Declares the set on a host that only records workloads, and exports all its outputs. */
function declareSet(args: RedisHaArgs): Promise<Declaration> {
  return declared(() => {
    const set = new RedisHa("cache", { host: new RecordingHost(), ...args });
    const { topology, masterName, nodes, sentinels, password, gateway, commander, metrics, environment } = set;
    return { topology, masterName, nodes, sentinels, password, gateway, commander, metrics, environment };
  });
}

function stashed(program: Declaration, name: string): string {
  return (named(program, name).inputs["input"] as { readonly value: string }).value;
}

function node(name: string, address: string, port: number, published: number) {
  return { name, address, port, published: { host: "127.0.0.1", port: published } };
}
