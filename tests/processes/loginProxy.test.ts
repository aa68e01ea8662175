import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectSecurely } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { selfSignedCertificate } from "../../components/parts/selfSignedCertificate.ts";
import type { GuardedPlan } from "../../topology/topology.ts";
import { hasHaproxy } from "../support/processes/loopbackGateway.ts";
import { LoopbackLoginProxy } from "../support/processes/loopbackLoginProxy.ts";

const own = "/scrape?target=redis://10.41.0.10:6379";

describe.skipIf(!hasHaproxy)("the login proxy", () => {
  let proxy: LoopbackLoginProxy;
  let exporter: GuardedPlan;
  let commander: GuardedPlan;

  beforeAll(async () => {
    proxy = await LoopbackLoginProxy.start();
    ({ exporter, commander } = proxy);
    return () => proxy.stop();
  });

  const status = async (part: GuardedPlan, path: string, password?: string, options?: RequestInit) =>
    (await proxy.get(part, path, password, options)).status;

  test.each([
    ["exporter", "GET", own],
    ["exporter", "GET", "/"],
    ["exporter", "POST", "/-/reload"],
    ["commander", "GET", "/"],
    ["commander", "POST", "/signin"],
    ["commander", "DELETE", "/apiv2/key/anything"],
  ] as const)("answers 401 to a request to the %s without a valid login: %s %s", async (name, method, path) => {
    expect(await status(proxy[name], path, undefined, { method })).toBe(401);
    expect(await status(proxy[name], path, "wrong", { method })).toBe(401);
  });

  test("refuses the login of one part at the other part", async () => {
    expect(await status(exporter, own, "of-commander")).toBe(401);
    expect(await status(commander, "/", "of-exporter")).toBe(401);
  });

  test.each([
    ["in the encoding of Prometheus", `${own.replace("redis://10.41.0.10:6379", "redis%3A%2F%2F10.41.0.10%3A6379")}`],
    ["without encoding", own],
  ])("forwards a scrape of a node of the set without the login, if the target is written %s", async (_, path) => {
    expect(await (await proxy.get(exporter, path, "of-exporter")).text()).toBe(`GET ${own} no login`);
  });

  test.each([
    ["a target outside the set", "/scrape?target=redis://192.0.2.1:6379", 403],
    ["a target with another user", "/scrape?target=redis://evil@10.41.0.10:6379", 403],
    ["a list of keys", `${own}&check-keys=db0=*`, 403],
    ["a key's value", `${own}&check-single-keys=db0=card`, 403],
    ["a count of keys", `${own}&count-keys=db0=*`, 403],
    ["a list of keys whose separator is percent-encoded", `${own}%26check-keys=db0=*`, 403],
    ["two targets", `${own}&target=redis://192.0.2.1:6379`, 403],
    ["no target", "/scrape", 403],
    ["its own metrics with a parameter", "/metrics?target=redis://192.0.2.1:6379", 403],
    ["a reload of its password file", "/-/reload", 404],
    ["another page", "/discover-cluster-nodes", 404],
    ["a path that resolves to a page", "/x/../scrape?target=redis://192.0.2.1:6379", 403],
  ])("refuses an authenticated request to the exporter for %s", async (_, path, expected) => {
    expect(await status(exporter, path, "of-exporter")).toBe(expected);
  });

  test("forwards only GET requests to the exporter", async () => {
    expect(await status(exporter, own, "of-exporter", { method: "POST" })).toBe(405);
  });

  test("forwards a request of Redis Commander's user without the login", async () => {
    expect(await (await proxy.get(commander, "/apiv2/server/info", "of-commander")).text()).toBe(
      "GET /apiv2/server/info no login",
    );
  });

  test.each<[string, string, RequestInit, number]>([
    ["the page of another site sends it", "/apiv2/key/x", { headers: { origin: "http://evil.example" } }, 403],
    [
      "the browser marks it as sent by another site",
      "/apiv2/key/x",
      { headers: { "sec-fetch-site": "cross-site" } },
      403,
    ],
    ["its body is large", "/apiv2/key/x", { method: "POST", body: "x".repeat(200_000) }, 413],
  ])("refuses an authenticated request to Redis Commander if %s", async (_, path, options, expected) => {
    expect(await status(commander, path, "of-commander", options)).toBe(expected);
  });

  test("accepts a link on another site that leads to Redis Commander's page", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(await status(commander, "/", "of-commander", { headers })).toBe(200);
  });

  test.each(["exporter", "commander"] as const)(
    "is the only client of the %s, which reads no request without the proxy's certificate",
    async (name) => {
      const { host, port } = proxy[name].endpoint;
      const plain = connect(port, host).end("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(await text(plain).catch(() => "")).not.toContain("GET /metrics");
      const foreignCertificate = selfSignedCertificate("sample");
      const foreign = connectSecurely({
        host,
        port,
        cert: foreignCertificate,
        key: foreignCertificate,
        rejectUnauthorized: false,
      });
      foreign.end("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(await text(foreign).catch(() => "")).toBe("");
      expect(proxy.allRun).toBe(true);
    },
  );

  // Must be the last test, because it blocks this address for ten seconds.
  test("blocks an address after too many wrong logins, even with the right login", async () => {
    const answers: number[] = [];
    while (answers.at(-1) !== 429 && answers.length < 40) {
      answers.push(await status(commander, "/", "wrong"));
    }
    expect(answers.at(-1)).toBe(429);
    expect(await status(commander, "/", "of-commander")).toBe(429);
    expect(await status(commander, "/")).toBe(429);
  });
});
