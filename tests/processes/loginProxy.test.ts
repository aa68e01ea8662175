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
  ] as const)("answers 401 to %s without a login: %s %s", async (name, method, path) => {
    expect(await status(proxy[name], path, undefined, { method })).toBe(401);
    expect(await status(proxy[name], path, "wrong", { method })).toBe(401);
  });

  test("does not take the login of one part for the other", async () => {
    expect(await status(exporter, own, "of-commander")).toBe(401);
    expect(await status(commander, "/", "of-exporter")).toBe(401);
  });

  test.each([
    ["as Prometheus writes it", `${own.replace("redis://10.41.0.10:6379", "redis%3A%2F%2F10.41.0.10%3A6379")}`],
    ["as people write it", own],
  ])("passes a scrape of one of the set's nodes on, %s, and keeps the login", async (_, path) => {
    expect(await (await proxy.get(exporter, path, "of-exporter")).text()).toBe(`GET ${own} no login`);
  });

  test.each([
    ["a target that is not of the set", "/scrape?target=redis://192.0.2.1:6379", 403],
    ["a target with another user", "/scrape?target=redis://evil@10.41.0.10:6379", 403],
    ["a list of keys", `${own}&check-keys=db0=*`, 403],
    ["a key's value", `${own}&check-single-keys=db0=card`, 403],
    ["a count of keys", `${own}&count-keys=db0=*`, 403],
    ["a list of keys whose separator is hidden", `${own}%26check-keys=db0=*`, 403],
    ["two targets", `${own}&target=redis://192.0.2.1:6379`, 403],
    ["no target", "/scrape", 403],
    ["its own page with a parameter", "/metrics?target=redis://192.0.2.1:6379", 403],
    ["its password file to be read again", "/-/reload", 404],
    ["another page", "/discover-cluster-nodes", 404],
    ["a path that only leads to a page", "/x/../scrape?target=redis://192.0.2.1:6379", 403],
  ])("refuses Prometheus itself who asks the exporter for %s", async (_, path, expected) => {
    expect(await status(exporter, path, "of-exporter")).toBe(expected);
  });

  test("passes nothing but GET on to the exporter", async () => {
    expect(await status(exporter, own, "of-exporter", { method: "POST" })).toBe(405);
  });

  test("passes Commander's user on, and keeps the login", async () => {
    expect(await (await proxy.get(commander, "/apiv2/server/info", "of-commander")).text()).toBe(
      "GET /apiv2/server/info no login",
    );
  });

  test.each<[string, string, RequestInit, number]>([
    ["a page of another site asks", "/apiv2/key/x", { headers: { origin: "http://evil.example" } }, 403],
    ["a browser says that another site asks", "/apiv2/key/x", { headers: { "sec-fetch-site": "cross-site" } }, 403],
    ["the body is large", "/apiv2/key/x", { method: "POST", body: "x".repeat(200_000) }, 413],
  ])("refuses Commander's user when %s", async (_, path, options, expected) => {
    expect(await status(commander, path, "of-commander", options)).toBe(expected);
  });

  test("lets a link of another site lead to Commander's page", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(await status(commander, "/", "of-commander", { headers })).toBe(200);
  });

  test.each(["exporter", "commander"] as const)(
    "is the only one that the %s answers: without its certificate no request is read",
    async (name) => {
      const { host, port } = proxy[name].endpoint;
      const plain = connect(port, host).end("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(await text(plain).catch(() => "")).not.toContain("GET /metrics");
      const stranger = selfSignedCertificate("sample");
      const strange = connectSecurely({ host, port, cert: stranger, key: stranger, rejectUnauthorized: false });
      strange.end("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(await text(strange).catch(() => "")).toBe("");
      expect(proxy.allRun).toBe(true);
    },
  );

  // The last one: from then on this address is refused for ten seconds.
  test("refuses an address with too many wrong logins, for the right login too", async () => {
    const answers: number[] = [];
    while (answers.at(-1) !== 429 && answers.length < 40) {
      answers.push(await status(commander, "/", "wrong"));
    }
    expect(answers.at(-1)).toBe(429);
    expect(await status(commander, "/", "of-commander")).toBe(429);
    expect(await status(commander, "/")).toBe(429);
  });
});
