import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { RedisGateway } from "../../components/gateway.ts";
import { gatewayFiles, gatewaySecretFiles } from "../../configs/haproxy.ts";
import { declared, named, plainTexts, secret } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet, secretly, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

const topology = sampleSet({ gateway: { count: 2, user: "operator" } });
const [first, second] = topology.gateways as [(typeof topology.gateways)[0], (typeof topology.gateways)[0]];

const statisticsPassword = "look-but-do-not-touch";

describe("gateways with a configured password", () => {
  test("change one at a time, each after the previous one is ready", async () => {
    expect(treeOf(await declareGateways({ statisticsPassword }))).toEqual([
      "redis-ha:index:RedisGateway door",
      "  test:index:Workload door-gateway-0",
      "  pulumi:index:Stash door-gateway-0-ready after door-gateway-0; beforeCreate door-gateway-0-ready; beforeUpdate door-gateway-0-ready",
      "  test:index:Workload door-gateway-1 after door-gateway-0-ready",
      "  pulumi:index:Stash door-gateway-1-ready after door-gateway-1; beforeCreate door-gateway-1-ready; beforeUpdate door-gateway-1-ready",
    ]);
  });

  test("run HAProxy with the planned files and three ports, and have files with passwords as secrets", async () => {
    const { files, command, probe } = gatewayFiles(topology, second);
    expect(named(await declareGateways({ statisticsPassword }), "door-gateway-1").inputs).toEqual({
      name: "gateway-1",
      image: "gateway",
      command,
      environment: {},
      files,
      secretFiles: secretly(gatewaySecretFiles(second, password, statisticsPassword)),
      scratch: [],
      address: "10.41.0.5",
      ports: [
        { port: 6379, published: { host: "127.0.0.1", port: 6480 } },
        { port: 6380, published: { host: "127.0.0.1", port: 6580 } },
        { port: 8404, published: { host: "127.0.0.1", port: 8405 } },
      ],
      probe: { command: probe, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 30_000 },
      size: first.size,
      stopGrace: 5_000,
    });
  });

  test("output their ids and, as a secret, their addresses and the URLs and login of their statistics pages", async () => {
    expect(named(await declareGateways({ statisticsPassword }), "door").outputs).toEqual({
      ids: ["door-gateway-0-id", "door-gateway-1-id"],
      access: secret({
        gateways: [
          {
            name: "gateway-0",
            writes: { address: "10.41.0.4", port: 6379, published: { host: "127.0.0.1", port: 6479 } },
            reads: { address: "10.41.0.4", port: 6380, published: { host: "127.0.0.1", port: 6579 } },
            statisticsUrl: "http://127.0.0.1:8404/",
            metricsUrl: "http://127.0.0.1:8404/metrics",
          },
          {
            name: "gateway-1",
            writes: { address: "10.41.0.5", port: 6379, published: { host: "127.0.0.1", port: 6480 } },
            reads: { address: "10.41.0.5", port: 6380, published: { host: "127.0.0.1", port: 6580 } },
            statisticsUrl: "http://127.0.0.1:8405/",
            metricsUrl: "http://127.0.0.1:8405/metrics",
          },
        ],
        user: "operator",
        password: statisticsPassword,
      }),
    });
  });

  test("contain neither password outside secrets, in plain text or in hexadecimal", async () => {
    const { resources } = await declareGateways({ statisticsPassword });
    const texts = plainTexts(resources.flatMap(({ inputs, outputs }) => [inputs, outputs]));
    const forms = [password, statisticsPassword].flatMap((word) => [word, Buffer.from(word).toString("hex")]);
    expect(texts.filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
  });
});

test("gateways without a configured password keep a generated one in a separate stash", async () => {
  expect(treeOf(await declareGateways({}))).toEqual([
    "redis-ha:index:RedisGateway door",
    "  test:index:Workload door-gateway-0 after door-password",
    "  pulumi:index:Stash door-gateway-0-ready after door-gateway-0; beforeCreate door-gateway-0-ready; beforeUpdate door-gateway-0-ready",
    "  test:index:Workload door-gateway-1 after door-gateway-0-ready, door-password",
    "  pulumi:index:Stash door-gateway-1-ready after door-gateway-1; beforeCreate door-gateway-1-ready; beforeUpdate door-gateway-1-ready",
    "  pulumi:index:Stash door-password",
  ]);
});

function declareGateways(given: { readonly statisticsPassword?: pulumi.Input<string> }) {
  return declared(() => {
    new RedisGateway("door", { topology, host: new RecordingHost(), password: secretPassword(), ...given });
  });
}
