import { describe, expect, test } from "vitest";
import { nodesOf } from "../../../topology/nodes.ts";
import { plan } from "../../../topology/plan.ts";
import { parseSettings, validateSettings } from "../../../topology/settings/settings.ts";
import type { NodeSize, Topology } from "../../../topology/topology.ts";
import { rawConfiguration } from "../../support/unit/stackFile.ts";

const onDocker = plan(validateSettings({})).topology;
const onKubernetes = plan(validateSettings({ target: "kubernetes", gateway: { count: 2 } })).topology;

describe.each([
  {
    stack: "dev",
    defaults: onDocker,
    spread: {},
    images: "local",
    sizes: {
      "redis-0": "1 CPU, 256 MB, 1 GB",
      "redis-1": "1 CPU, 256 MB, 1 GB",
      "redis-2": "1 CPU, 256 MB, 1 GB",
      "sentinel-0": "0.5 CPU, 64 MB, 0.0625 GB",
      "sentinel-1": "0.5 CPU, 64 MB, 0.0625 GB",
      "sentinel-2": "0.5 CPU, 64 MB, 0.0625 GB",
      "gateway-0": "0.5 CPU, 64 MB, 0 GB",
      exporter: "0.5 CPU, 64 MB, 0 GB",
      commander: "1 CPU, 192 MB, 0 GB",
      "login-proxy": "0.25 CPU, 48 MB, 0 GB",
    },
    maxmemory: 115,
    readOnly: false,
    warnings: [],
  },
  {
    stack: "staging",
    defaults: onKubernetes,
    spread: {},
    images: "upstream",
    sizes: {
      "redis-0": "2 CPU, 4096 MB, 50 GB",
      "redis-1": "1 CPU, 2048 MB, 50 GB",
      "redis-2": "1 CPU, 2048 MB, 50 GB",
      "sentinel-0": "0.5 CPU, 512 MB, 10 GB",
      "sentinel-1": "0.5 CPU, 512 MB, 10 GB",
      "sentinel-2": "0.5 CPU, 512 MB, 10 GB",
      "gateway-0": "0.5 CPU, 128 MB, 0 GB",
      "gateway-1": "0.5 CPU, 128 MB, 0 GB",
      exporter: "0.5 CPU, 128 MB, 0 GB",
      commander: "0.5 CPU, 256 MB, 0 GB",
      "login-proxy": "0.5 CPU, 48 MB, 0 GB",
    },
    maxmemory: 1060,
    readOnly: false,
    warnings: ["size.master.memory", "size.replica.cpus"],
  },
  {
    stack: "prod",
    defaults: onKubernetes,
    spread: { spread: { nodes: "required", zones: "preferred" } },
    images: "upstream",
    sizes: {
      "redis-0": "4 CPU, 8192 MB, 100 GB",
      "redis-1": "2 CPU, 4096 MB, 100 GB",
      "redis-2": "2 CPU, 4096 MB, 100 GB",
      "sentinel-0": "1 CPU, 1024 MB, 20 GB",
      "sentinel-1": "1 CPU, 1024 MB, 20 GB",
      "sentinel-2": "1 CPU, 1024 MB, 20 GB",
      "gateway-0": "1 CPU, 256 MB, 0 GB",
      "gateway-1": "1 CPU, 256 MB, 0 GB",
      exporter: "0.5 CPU, 128 MB, 0 GB",
      commander: "1 CPU, 256 MB, 0 GB",
      "login-proxy": "0.5 CPU, 48 MB, 0 GB",
    },
    maxmemory: 2140,
    readOnly: true,
    warnings: ["size.master.memory", "size.replica.cpus"],
  },
])("the stack $stack", ({ stack, defaults, spread, images, sizes, maxmemory, readOnly, warnings }) => {
  const { settings, secrets, warnings: readingWarnings } = parseSettings(rawConfiguration(stack), "redis-ha", []);
  const { topology, warnings: planWarnings } = plan(settings);

  test("has the expected sizes and maxmemory", () => {
    expect(sizesOf(topology)).toEqual(sizes);
    expect(topology.redisRules.maxmemory / 1024 ** 2).toBe(maxmemory);
  });

  test("differs from the default set only in images, sizes, gateways, spread and the rights of Redis Commander", () => {
    expect(withoutSizes(topology)).toEqual({
      ...withoutSizes(defaults),
      images,
      host: { ...defaults.host, ...spread },
      commander: { ...withoutSizes(defaults).commander, readOnly },
    });
  });

  test("has no password in its file, and only the warnings that its file announces", () => {
    expect(secrets).toEqual({});
    expect([...readingWarnings, ...planWarnings].map((warning) => warning.path)).toEqual(warnings);
  });
});

test("the stack dev uses at most a third of the memory of a machine with 4 GB", () => {
  const { topology } = plan(parseSettings(rawConfiguration("dev"), "redis-ha").settings);
  const memory = nodesOf(topology).reduce((sum, node) => sum + node.size.memory, 0);
  expect(memory).toBeLessThan((4 / 3) * 1024 ** 3);
});

function sizesOf(topology: Topology): Readonly<Record<string, string>> {
  const inWords = ({ cpus, memory, disk }: NodeSize) => `${cpus} CPU, ${memory / 1024 ** 2} MB, ${disk / 1024 ** 3} GB`;
  return Object.fromEntries(nodesOf(topology).map((node) => [node.name, inWords(node.size)]));
}

/** A topology without the sizes of its nodes and the values that are derived from them. */
function withoutSizes(topology: Topology) {
  const { maxmemory, clientBuffers, replicationBacklog, replicaOutputBuffer, ...redisRules } = topology.redisRules;
  const withoutSize = <Node extends { readonly size: NodeSize }>({ size, ...node }: Node) => node;
  return {
    ...topology,
    redisRules,
    dataNodes: topology.dataNodes.map(withoutSize),
    sentinels: topology.sentinels.map(withoutSize),
    gateways: topology.gateways.map(withoutSize).map(({ connections, ...gateway }) => gateway),
    exporter: topology.exporter && withoutSize(topology.exporter),
    commander: topology.commander && withoutSize(topology.commander),
    loginProxy: topology.loginProxy && withoutSize(topology.loginProxy),
  };
}
