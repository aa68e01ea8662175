import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { RedisExporter } from "../../components/exporter.ts";
import type { ExporterPlan } from "../../topology/topology.ts";
import { declared, named, secret } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

const topology = sampleSet();

const loginPassword = "open-sesame-open-sesame";

test("the exporter is one workload without dependencies", async () => {
  expect(treeOf(await declareExporter())).toEqual([
    "redis-ha:index:RedisExporter metrics",
    "  test:index:Workload metrics-exporter",
  ]);
});

test("the exporter accepts only the login proxy and has the passwords of all nodes in a secret file", async () => {
  const { inputs } = named(await declareExporter(), "metrics-exporter");
  expect(inputs).toEqual({
    name: "exporter",
    image: "exporter",
    command: [
      "/redis_exporter",
      "--redis.addr=",
      "--redis.password-file=/etc/redis-ha-secrets/exporter-passwords.json",
      "--web.listen-address=:9121",
      "--connection-timeout=3s",
      "--tls-server-cert-file=/etc/redis-ha-secrets/login-proxy.pem",
      "--tls-server-key-file=/etc/redis-ha-secrets/login-proxy.pem",
      "--tls-server-ca-cert-file=/etc/redis-ha-secrets/login-proxy.pem",
      "--disable-exporting-key-values",
    ],
    environment: {},
    files: {},
    secretFiles: {
      "/etc/redis-ha-secrets/exporter-passwords.json": secret(
        JSON.stringify({
          "redis://10.41.0.10:6379": password,
          "redis://10.41.0.11:6379": password,
          "redis://10.41.0.12:6379": password,
          "redis://10.41.0.254:26379": password,
          "redis://10.41.0.253:26379": password,
          "redis://10.41.0.252:26379": password,
        }),
      ),
      "/etc/redis-ha-secrets/login-proxy.pem": secret("certificate and key"),
    },
    scratch: [],
    address: "10.41.0.2",
    ports: [{ port: 9121 }],
    probe: {
      command: ["sh", "-c", "netstat -ltn | grep -q ':9121 '"],
      interval: 5_000,
      timeout: 3_000,
      retries: 3,
      startPeriod: 10_000,
    },
    size: { cpus: 0.5, memory: 64 * 1024 ** 2, disk: 0 },
    stopGrace: 5_000,
  });
});

test("the exporter outputs its id and, as a secret, its metrics URL, its login and the URL to scrape for each node", async () => {
  const target = (name: string, endpoint: string) => ({
    name,
    url: `http://127.0.0.1:9121/scrape?target=redis://${endpoint}`,
  });
  expect(named(await declareExporter(), "metrics").outputs).toEqual({
    id: "metrics-exporter-id",
    metrics: secret({
      url: "http://127.0.0.1:9121/metrics",
      user: "prometheus",
      password: loginPassword,
      targets: [
        target("redis-0", "10.41.0.10:6379"),
        target("redis-1", "10.41.0.11:6379"),
        target("redis-2", "10.41.0.12:6379"),
        target("sentinel-0", "10.41.0.254:26379"),
        target("sentinel-1", "10.41.0.253:26379"),
        target("sentinel-2", "10.41.0.252:26379"),
      ],
    }),
  });
});

test("the exporter has a loopback URL if its port is published on all addresses", async () => {
  const exporter = topology.exporter!;
  const access = { ...exporter.access, published: { host: "0.0.0.0", port: 9200 } };
  const program = await declareExporter({ ...exporter, access });
  expect(named(program, "metrics").outputs).toMatchObject({
    metrics: { value: { url: "http://127.0.0.1:9200/metrics" } },
  });
});

function declareExporter(node: ExporterPlan = topology.exporter!) {
  return declared(() => {
    const secrets = { password: secretPassword(), certificate: pulumi.secret("certificate and key"), loginPassword };
    new RedisExporter("metrics", { topology, node, host: new RecordingHost(), ...secrets });
  });
}
