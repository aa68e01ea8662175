import { describe, expect, test } from "vitest";
import { gatewayConfiguration, gatewayFiles, gatewaySecretFiles } from "../../../configs/haproxy.ts";
import { plan } from "../../../topology/plan.ts";
import { type SettingsInput, validateSettings } from "../../../topology/settings/settings.ts";
import type { GatewayPlan } from "../../../topology/topology.ts";

describe("the configuration of a gateway", () => {
  test("decides for each node by its reported role, its steadiness and the majority of the Sentinels", () => {
    const { configuration } = configured({ replicas: 1, sentinels: { count: 5 } });
    expect(lines(configuration, /^ {2}(acl|http-request set-var\(txn\.answer\)) .*redis-0/)).toEqual([
      "acl redis-0-reports-master srv_is_up(says-master/redis-0)",
      "acl redis-0-is-steady srv_is_up(steady/redis-0)",
      "acl redis-0-is-responsive srv_is_up(responsive/redis-0)",
      "acl redis-0-is-responsive srv_is_up(decided/redis-0)",
      "acl redis-0-is-named nbsrv(names-redis-0) ge 3",
      "acl any-is-named nbsrv(names-redis-0) ge 3",
      "http-request set-var(txn.answer) bool(true) if { path /redis-0 } redis-0-reports-master alone redis-0-is-steady",
      "http-request set-var(txn.answer) bool(true) if { path /redis-0 } redis-0-reports-master alone redis-0-is-named redis-0-is-responsive",
      "http-request set-var(txn.answer) bool(true) if { path /redis-0 } redis-0-reports-master alone !any-is-named redis-0-is-responsive",
      "http-request set-var(txn.answer) bool(true) if { path /redis-0 } redis-0-reports-master redis-0-is-steady redis-0-is-named !redis-1-is-named",
      "http-request set-var(txn.answer) bool(true) if { path /redis-1 } redis-1-reports-master redis-1-is-steady redis-1-is-named !redis-0-is-named",
      "http-request set-var(txn.answer) bool(true) if { path /redis-0-without-master } { srv_is_up(has-data/redis-0) } !any-takes-writes",
    ]);
  });

  test("checks for every data node whether each Sentinel names its full address", () => {
    const { configuration } = configured({ replicas: 1, masterName: "cache", docker: { subnet: "10.41.0.0/24" } });
    const backend = /^backend names-redis-1\n(?<body>(?: {2}.*\n)+)/m.exec(configuration)?.groups?.["body"] ?? "";
    expect(lines(backend, /tcp-check send "|expect|server sentinel/)).toEqual([
      'tcp-check expect comment "check is due" string "HTTP/1."',
      String.raw`tcp-check send "SENTINEL get-master-addr-by-name cache\r\n"`,
      String.raw`tcp-check expect comment "names redis-1" min-recv 20 string "\r\n10.41.0.11\r\n\$4\r\n6379\r\n"`,
      "server sentinel-0 10.41.0.254:26379 check",
      "server sentinel-1 10.41.0.253:26379 check",
      "server sentinel-2 10.41.0.252:26379 check",
    ]);
  });

  test.each([
    // A frozen master is marked as down after 10 + 2 × silence + 5 ms, before Sentinel promotes another node.
    ["100ms", { silence: 40, steady: 25 }],
    ["2s", { silence: 800, steady: 500 }],
    ["5m", { silence: 1000, steady: 500 }],
  ] as const)("with a downAfter of %s marks a silent node as down earlier than Sentinel does", (downAfter, times) => {
    const { configuration } = configured({ sentinels: { downAfter, failoverTimeout: "10m" } });
    const [silence] = lines(configuration, /^ {2}timeout check/).map(lastNumber);
    const [steady] = lines(configuration, /fall 1 rise [1-9]\d/).map((line) => Number(/inter (\d+)/.exec(line)?.[1]));
    expect({ silence, steady }).toEqual(times);
  });

  test("lets a client's connection wait for the longest duration of a failover", () => {
    const { configuration } = configured({ sentinels: { downAfter: "2s", failoverTimeout: "10s" } });
    // HAProxy pauses between two attempts for the connect timeout, so the wait is 240 times 50 ms.
    expect(lines(configuration, /^ {2}(timeout connect|retries)/)).toEqual([
      "timeout connect 50",
      "retries 240",
      "retries 240",
    ]);
  });

  test.each([
    ["minimum", 1, 768, 1682],
    ["recommended", 1, 1792, 3730],
    ["dev", 1, 256, 658],
    // The memory of the gateway is enough for 7,936 connections, but a data node accepts fewer.
    [{ gateway: { cpus: 2.5, memory: "1GB" } }, 2, 3228, 6602],
  ] as const)("for the size %j has the expected threads and connection limits", (size, threads, clients, all) => {
    const { configuration } = configured({ size });
    expect(lines(configuration, /^ {2}(nbthread|maxconn)/)).toEqual([
      `nbthread ${threads}`,
      `maxconn ${all}`,
      `maxconn ${clients}`,
      `maxconn ${clients}`,
      "maxconn 50",
    ]);
  });

  test("is read after the secrets that it refers to", () => {
    const { files, command } = gatewayFiles(...setWith({}));
    expect(Object.keys(files)).toEqual(["/etc/redis-ha/haproxy.cfg"]);
    expect(command).toEqual([
      "haproxy",
      "-db",
      "-f",
      "/etc/redis-ha-secrets/haproxy-secrets.cfg",
      "-f",
      "/etc/redis-ha/haproxy.cfg",
    ]);
  });

  test("is not rendered for a name that HAProxy would not read as one word", () => {
    const [topology, gateway] = setWith({});
    expect(() => gatewayConfiguration({ ...topology, masterName: 'my"\nmaster' }, gateway)).toThrow(RangeError);
  });
});

describe("the secrets of a gateway", () => {
  const [, gateway] = setWith({ gateway: { user: "operator" } });

  test("are the login to Redis in hexadecimal, for any password, and the hash of the statistics page's login", () => {
    const [content = ""] = Object.values(gatewaySecretFiles(gateway, 'pässword "$1"\r\n', "look-but-do-not-touch"));
    const login = /REDIS_LOGIN (\S+)/.exec(content)?.[1] ?? "";
    expect(Buffer.from(login, "hex").toString()).toBe('*2\r\n$4\r\nAUTH\r\n$16\r\npässword "$1"\r\n\r\n');
    // printf 'Basic %s' "$(printf operator:look-but-do-not-touch | base64)" | sha256sum
    expect(content).toContain("STATISTICS_LOGIN A94B7CE3C522ADC206C7A34B9A33DB728D2C64DD8AE379D6E68FBA22BB2F7FB3\n");
    expect(content).not.toContain("look-but");
  });
});

function setWith(settings: SettingsInput) {
  const { topology } = plan(validateSettings(settings));
  return [topology, topology.gateways[0] as GatewayPlan] as const;
}

function configured(settings: SettingsInput) {
  return { configuration: gatewayConfiguration(...setWith(settings)) };
}

function lines(text: string, form: RegExp): readonly string[] {
  return text
    .split("\n")
    .filter((line) => form.test(line))
    .map((line) => line.trim());
}

function lastNumber(line: string): number {
  return Number(line.split(" ").at(-1));
}
