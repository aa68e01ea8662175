import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { RedisCommander } from "../../components/commander.ts";
import type { CommanderPlan } from "../../topology/topology.ts";
import { type Declaration, declared, named, plainTexts, secret } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

const topology = sampleSet({
  masterName: "cache",
  client: { db: 3 },
  commander: { user: "operator", readOnly: true },
});

const loginPassword = "open-sesame-open-sesame";

const guard = "/etc/redis-ha/accept-login-proxy-only.cjs";

describe("Redis Commander with a configured login", () => {
  test("is one workload without dependencies", async () => {
    expect(treeOf(await declareCommander({ loginPassword }))).toEqual([
      "redis-ha:index:RedisCommander browser",
      "  test:index:Workload browser-commander",
    ]);
  });

  test("has its whole configuration in one secret file", async () => {
    const { inputs } = named(await declareCommander({ loginPassword }), "browser-commander");
    expect(inputs).toEqual({
      name: "commander",
      image: "commander",
      command: ["node", "--require", guard, "/redis-commander/bin/redis-commander.js"],
      environment: {
        NODE_ENV: "production",
        NODE_CONFIG_DIR: "/redis-commander/config:/etc/redis-ha-secrets",
        LOGIN_PROXY_CERTIFICATE: "/etc/redis-ha-secrets/login-proxy.pem",
      },
      files: { [guard]: expect.stringContaining("requestCert: true, rejectUnauthorized: true") },
      secretFiles: {
        "/etc/redis-ha-secrets/production.json": secret(expect.any(String)),
        "/etc/redis-ha-secrets/login-proxy.pem": secret("certificate and key"),
      },
      scratch: [],
      address: "10.41.0.3",
      ports: [{ port: 8081 }],
      probe: {
        command: ["sh", "-c", "netstat -ltn | grep -q ':8081 '"],
        interval: 5_000,
        timeout: 3_000,
        retries: 3,
        startPeriod: 30_000,
      },
      size: { cpus: 1, memory: 192 * 1024 ** 2, disk: 0 },
      stopGrace: 5_000,
    });
  });

  test("is configured to ask the Sentinels for the master, and to require no login", async () => {
    expect(configurationOf(await declareCommander({ loginPassword }))).toEqual({
      noSave: true,
      noLogData: true,
      redis: { readOnly: true },
      server: { port: 8081 },
      connections: [
        {
          label: "sample",
          connectionName: "redis-commander",
          sentinels: [
            { host: "10.41.0.254", port: 26379 },
            { host: "10.41.0.253", port: 26379 },
            { host: "10.41.0.252", port: 26379 },
          ],
          sentinelName: "cache",
          sentinelPassword: password,
          password,
          dbIndex: 3,
        },
      ],
    });
  });

  test("outputs its id and, as a secret, its URL and login", async () => {
    expect(named(await declareCommander({ loginPassword }), "browser").outputs).toEqual({
      id: "browser-commander-id",
      login: secret({ url: "http://127.0.0.1:8081", user: "operator", password: loginPassword }),
    });
  });

  test("has a loopback URL if its port is published on all addresses", async () => {
    const commander = topology.commander!;
    const node = { ...commander, access: { ...commander.access, published: { host: "::", port: 8200 } } };
    expect(named(await declareCommander({ loginPassword, node }), "browser").outputs).toMatchObject({
      login: secret({ url: "http://[::1]:8200", user: "operator", password: loginPassword }),
    });
  });

  test("contains neither password outside secrets", async () => {
    const { resources } = await declareCommander({ loginPassword });
    const texts = resources.flatMap(({ inputs, outputs }) => plainTexts([inputs, outputs]));
    expect(texts.filter((text) => text.includes(password) || text.includes(loginPassword))).toEqual([]);
  });
});

describe("Redis Commander without a configured login", () => {
  test("keeps a generated password in a separate stash", async () => {
    expect(treeOf(await declareCommander())).toEqual([
      "redis-ha:index:RedisCommander browser",
      "  test:index:Workload browser-commander",
      "  pulumi:index:Stash browser-password",
    ]);
  });

  test("outputs the generated password as its login", async () => {
    const program = await declareCommander();
    const generated = named(program, "browser-password").inputs["input"] as { readonly value: string };
    expect(named(program, "browser").outputs).toMatchObject({
      login: secret({ url: "http://127.0.0.1:8081", user: "operator", password: generated.value }),
    });
  });
});

interface Given {
  readonly loginPassword?: pulumi.Input<string>;
  readonly node?: CommanderPlan;
}

function declareCommander(given: Given = {}) {
  return declared(() => {
    const shared = { topology, node: topology.commander!, host: new RecordingHost(), password: secretPassword() };
    const certificate = pulumi.secret("certificate and key");
    new RedisCommander("browser", { ...shared, certificate, ...given });
  });
}

function configurationOf(program: Declaration): unknown {
  const files = named(program, "browser-commander").inputs["secretFiles"] as Record<string, { readonly value: string }>;
  return JSON.parse(files["/etc/redis-ha-secrets/production.json"]!.value);
}
