import { describe, expect, test } from "vitest";
import { nodesOf } from "../../../topology/nodes.ts";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { NodePlan, Topology } from "../../../topology/topology.ts";

describe("the default set", () => {
  const topology = planned({});

  test("has a master, two replicas, three Sentinels, a gateway, an exporter and Redis Commander, each with a fixed address", () => {
    expect(nodesOf(topology).map(inWords)).toEqual([
      "redis-0 at 10.63.79.10:6379, published 127.0.0.1:6379",
      "redis-1 at 10.63.79.11:6379, published 127.0.0.1:6380",
      "redis-2 at 10.63.79.12:6379, published 127.0.0.1:6381",
      "sentinel-0 at 10.63.79.254:26379, published 127.0.0.1:26379",
      "sentinel-1 at 10.63.79.253:26379, published 127.0.0.1:26380",
      "sentinel-2 at 10.63.79.252:26379, published 127.0.0.1:26381",
      "gateway-0 at 10.63.79.4:6379, published 127.0.0.1:6479",
      "exporter at 10.63.79.2:9121, published 10.63.79.2:9121",
      "commander at 10.63.79.3:8081, published 10.63.79.3:8081",
      "login-proxy at 10.63.79.9:9121, published 127.0.0.1:9121",
    ]);
    expect([topology.exporter, topology.commander].map((part) => part?.access)).toEqual([
      { endpoint: { host: "10.63.79.9", port: 9121 }, published: { host: "127.0.0.1", port: 9121 } },
      { endpoint: { host: "10.63.79.9", port: 8081 }, published: { host: "127.0.0.1", port: 8081 } },
    ]);
  });

  test("has the parameters of its settings, in the units of Redis", () => {
    const { name, masterName, images, host, sentinelRules, redisRules, client } = topology;
    expect({ name, masterName, images, host, sentinelRules, redisRules, client }).toEqual({
      name: "redis-ha",
      masterName: "mymaster",
      images: "upstream",
      host: { target: "docker", subnet: "10.63.79.0/24", gateway: "10.63.79.1" },
      sentinelRules: { quorum: 2, downAfter: 2000, failoverTimeout: 10_000, parallelSyncs: 1 },
      redisRules: {
        maxmemory: 1060 * 1024 ** 2,
        maxmemoryPolicy: "noeviction",
        clientBuffers: 64 * 1024 ** 2,
        replicationBacklog: 64 * 1024 ** 2,
        replicaOutputBuffer: 256 * 1024 ** 2,
        appendonly: true,
        appendfsync: "everysec",
        save: [[3600, 1]],
        timeout: 0,
        tcpKeepalive: 60,
        ioThreads: 1,
        minReplicasToWrite: 1,
        minReplicasMaxLag: 2,
        directives: {},
      },
      client: { db: 0, poolSize: 10, minIdle: 5, maxConnections: 50 },
    });
  });

  test("gives all data nodes the same priority, so that Sentinel promotes the replica with the most recent data", () => {
    expect(topology.dataNodes.map((node) => node.priority)).toEqual([100, 100, 100]);
  });
});

test("every setting for the network and the ports is in the plan", () => {
  const topology = planned({
    name: "sessions",
    docker: {
      subnet: "192.168.40.0/26",
      publishAddress: "192.168.1.5",
      ports: {
        redis: 7000,
        sentinel: 7100,
        writes: 7400,
        reads: 7500,
        statistics: 7600,
        exporter: 7200,
        commander: 7300,
      },
    },
  });
  expect({ name: topology.name, host: topology.host, nodes: nodesOf(topology).map(inWords) }).toEqual({
    name: "sessions",
    host: { target: "docker", subnet: "192.168.40.0/26", gateway: "192.168.40.1" },
    nodes: [
      "redis-0 at 192.168.40.10:6379, published 192.168.1.5:7000",
      "redis-1 at 192.168.40.11:6379, published 192.168.1.5:7001",
      "redis-2 at 192.168.40.12:6379, published 192.168.1.5:7002",
      "sentinel-0 at 192.168.40.62:26379, published 192.168.1.5:7100",
      "sentinel-1 at 192.168.40.61:26379, published 192.168.1.5:7101",
      "sentinel-2 at 192.168.40.60:26379, published 192.168.1.5:7102",
      "gateway-0 at 192.168.40.4:6379, published 192.168.1.5:7400",
      "exporter at 192.168.40.2:9121, published 192.168.40.2:9121",
      "commander at 192.168.40.3:8081, published 192.168.40.3:8081",
      "login-proxy at 192.168.40.9:9121, published 192.168.1.5:7200",
    ],
  });
  expect(topology.commander?.access.published).toEqual({ host: "192.168.1.5", port: 7300 });
});

test("parts that are not enabled are not planned", () => {
  const absent = { enabled: false };
  const settings = { gateway: absent, exporter: absent, commander: absent };
  const { gateways, exporter, commander, loginProxy } = planned(settings);
  expect({ gateways, exporter, commander, loginProxy }).toEqual({
    gateways: [],
    exporter: undefined,
    commander: undefined,
    loginProxy: undefined,
  });
});

test("the login proxy is also planned if Redis Commander is the only part behind it", () => {
  const { loginProxy } = planned({ exporter: { enabled: false } });
  expect(loginProxy?.endpoint).toEqual({ host: "10.63.79.9", port: 8081 });
});

test("each gateway has one address with three ports, for writes, reads and statistics", () => {
  const { gateways } = planned({ gateway: { count: 5, user: "operator" } });
  expect(gateways).toHaveLength(5);
  expect(gateways.at(-1)).toEqual({
    name: "gateway-4",
    connections: 639,
    endpoint: { host: "10.63.79.8", port: 6379 },
    published: { host: "127.0.0.1", port: 6483 },
    size: { cpus: 0.5, memory: 128 * 1024 ** 2, disk: 0 },
    ordinal: 4,
    reads: { endpoint: { host: "10.63.79.8", port: 6380 }, published: { host: "127.0.0.1", port: 6583 } },
    statistics: { endpoint: { host: "10.63.79.8", port: 8404 }, published: { host: "127.0.0.1", port: 8408 } },
    user: "operator",
  });
});

test("maxmemory is derived from the smallest data node, and a lower value may be configured", () => {
  const size: SettingsInput["size"] = { preset: "minimum", replica: { memory: "1GB" } };
  expect(planned({ size }).redisRules.maxmemory).toBe(520 * 1024 ** 2);
  expect(planned({ size, redis: { maxmemory: "256MB" } }).redisRules.maxmemory).toBe(256 * 1024 ** 2);
});

test("the size of replicas does not matter in a set without replicas", () => {
  const alone = planned({ replicas: 0, redis: { minReplicasToWrite: 0 } });
  expect(alone.redisRules.maxmemory).toBe(2140 * 1024 ** 2);
});

test("a role's configured sizes override those of the preset, and the others stay", () => {
  const { dataNodes } = planned({ size: { preset: "recommended", replica: { cpus: 4, memory: "8GB" } } });
  expect(dataNodes.map((node) => node.size)).toEqual(
    [0, 1, 2].map(() => ({ cpus: 4, memory: 8 * 1024 ** 3, disk: 100 * 1024 ** 3 })),
  );
});

test("a Sentinel's id is the same in every plan, and differs from the ids of other Sentinels and sets", () => {
  const ids = (name: string) => planned({ name }).sentinels.map((sentinel) => sentinel.id);
  expect(ids("redis-ha")).toEqual([
    "85a60f497b9dae27536ec25060c76bdea625b4ca",
    "3d808dc6a1c805142bbb5f68e658904267fa9b77",
    "c8c0d781363e289275955c56b1af27180568146d",
  ]);
  expect(new Set([...ids("redis-ha"), ...ids("sessions")]).size).toBe(6);
});

function planned(input: SettingsInput): Topology {
  return plan(validateSettings(input)).topology;
}

function inWords({ name, endpoint, published }: NodePlan): string {
  return `${name} at ${endpoint.host}:${endpoint.port}, published ${published.host}:${published.port}`;
}

describe("a set on Kubernetes", () => {
  test("has its addresses in the configured part of the Service range, and publishes no ports", () => {
    const topology = planned({ target: "kubernetes", kubernetes: { serviceSubnet: "10.100.7.0/27" } });
    expect(nodesOf(topology).map(inWords)).toEqual([
      "redis-0 at 10.100.7.10:6379, published 10.100.7.10:6379",
      "redis-1 at 10.100.7.11:6379, published 10.100.7.11:6379",
      "redis-2 at 10.100.7.12:6379, published 10.100.7.12:6379",
      "sentinel-0 at 10.100.7.30:26379, published 10.100.7.30:26379",
      "sentinel-1 at 10.100.7.29:26379, published 10.100.7.29:26379",
      "sentinel-2 at 10.100.7.28:26379, published 10.100.7.28:26379",
      "gateway-0 at 10.100.7.4:6379, published 10.100.7.4:6379",
      "exporter at 10.100.7.2:9121, published 10.100.7.2:9121",
      "commander at 10.100.7.3:8081, published 10.100.7.3:8081",
      "login-proxy at 10.100.7.9:9121, published 10.100.7.9:9121",
    ]);
  });

  test("has a namespace of the set's name, and node groups with members, disruption budget, access and Services", () => {
    expect(planned({ name: "sessions", target: "kubernetes", gateway: { count: 2 } }).host).toEqual({
      target: "kubernetes",
      context: undefined,
      namespace: "sessions",
      createNamespace: true,
      serviceSubnet: "10.96.0.128/25",
      storageClass: undefined,
      priorityClass: undefined,
      cpuReservation: 1,
      spread: { nodes: "preferred", zones: "preferred" },
      networkPolicies: true,
      monitoringNamespace: "monitoring",
      monitors: [],
      rows: [
        { name: "redis", members: ["redis-0", "redis-1", "redis-2"], mayBeDown: 1, openTo: "clients", services: [] },
        {
          name: "sentinel",
          members: ["sentinel-0", "sentinel-1", "sentinel-2"],
          mayBeDown: 1,
          openTo: "clients",
          services: [{ name: "redis-sentinel-lb", port: 26379, target: 26379 }],
        },
        {
          name: "gateway",
          members: ["gateway-0", "gateway-1"],
          mayBeDown: 1,
          openTo: "clients",
          services: [
            { name: "redis-master", port: 6379, target: 6379 },
            { name: "redis-replicas", port: 6379, target: 6380 },
          ],
        },
        { name: "exporter", members: ["exporter"], mayBeDown: 1, openTo: "nobody", services: [] },
        { name: "commander", members: ["commander"], mayBeDown: 1, openTo: "nobody", services: [] },
        {
          name: "login-proxy",
          members: ["login-proxy"],
          mayBeDown: 1,
          openTo: "monitoring",
          openPorts: [9121],
          services: [],
        },
      ],
    });
  });

  test("with monitors lets Prometheus scrape every node through the login proxy with a login, and every gateway", () => {
    const monitors = { enabled: true, labels: { release: "prometheus" } };
    const kubernetes = { serviceSubnet: "10.100.7.0/27", monitors };
    const { host } = planned({ target: "kubernetes", replicas: 1, sentinels: { count: 1 }, kubernetes });
    expect(host).toMatchObject({
      monitors: [
        {
          name: "exporter",
          row: "login-proxy",
          loginSecret: "exporter-login",
          port: 9121,
          path: "/scrape",
          labels: { release: "prometheus" },
          targets: [
            { name: "redis-0", target: "redis://10.100.7.10:6379" },
            { name: "redis-1", target: "redis://10.100.7.11:6379" },
            { name: "sentinel-0", target: "redis://10.100.7.30:26379" },
          ],
        },
        {
          name: "gateway",
          row: "gateway",
          port: 8404,
          path: "/metrics",
          labels: { release: "prometheus" },
          targets: [],
        },
      ],
    });
  });

  test("without gateways has no Service for the master, and a Service for reads that leads to all data nodes", () => {
    const { host } = planned({ target: "kubernetes", gateway: { enabled: false } });
    const services = host.target === "kubernetes" ? host.rows.flatMap((row) => row.services) : [];
    expect(services).toEqual([
      { name: "redis-replicas", port: 6379, target: 6379 },
      { name: "redis-sentinel-lb", port: 26379, target: 26379 },
    ]);
  });

  test.each([
    { count: 1, mayBeDown: 0 },
    { count: 3, mayBeDown: 1 },
    { count: 5, mayBeDown: 2 },
  ])("with $count Sentinels keeps a majority of them while a machine is drained", ({ count, mayBeDown }) => {
    const { host } = planned({ target: "kubernetes", sentinels: { count } });
    const sentinels = host.target === "kubernetes" ? host.rows.find(({ name }) => name === "sentinel") : undefined;
    expect(sentinels?.mayBeDown).toBe(mayBeDown);
  });
});
