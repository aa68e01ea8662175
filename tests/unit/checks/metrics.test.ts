import { afterEach, expect, test } from "vitest";
import { metricsUp } from "../../../checks/metrics.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import { verificationTarget } from "../../../redis/target.ts";
import type { Endpoint } from "../../../topology/topology.ts";
import { type FakeAnswer, type FakeHttp, fakeHttp } from "../../support/unit/fakeHttp.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

let exporter: FakeHttp | undefined;
const asked: string[] = [];

afterEach(() => {
  exporter?.stop();
  asked.length = 0;
});

const login = `Basic ${Buffer.from("prometheus:login-of-prometheus").toString("base64")}`;

const up: FakeAnswer = { body: 'redis_exporter_last_scrape_error{err=""} 0\nredis_up 1\n' };

/** Checks against an exporter that answers so for each target. */
async function check(answer: (target: string) => FakeAnswer): Promise<string | undefined> {
  exporter = await fakeHttp(({ url, headers }) => {
    if (headers.authorization !== login) {
      return { status: 401, body: "401 Unauthorized" };
    }
    const target = url.searchParams.get("target") ?? "";
    asked.push(`${url.pathname} ${target}`);
    return answer(target);
  });
  return checkAt(exporter.endpoint);
}

async function checkAt(endpoint: Endpoint): Promise<string | undefined> {
  const inside = { host: "192.0.2.1", port: 9121 };
  const access = { endpoint, published: endpoint };
  const size = { cpus: 1, memory: 1, disk: 1 };
  const node = { name: "exporter", endpoint: inside, published: inside, size, access, user: "prometheus" };
  const secrets = { password, exporterPassword: "login-of-prometheus" };
  const target = verificationTarget({ ...plannedSet(), exporter: node }, secrets);
  return metricsUp.start(new RunningSet(target, new Addressing("inside")))?.();
}

test("every data node and every Sentinel is scraped through the login proxy, by its address inside the network", async () => {
  await expect(check(() => up)).resolves.toBe("6 of 6");
  expect(asked.toSorted()).toEqual([
    "/scrape redis://10.41.0.10:6379",
    "/scrape redis://10.41.0.11:6379",
    "/scrape redis://10.41.0.12:6379",
    "/scrape redis://10.41.0.20:26379",
    "/scrape redis://10.41.0.21:26379",
    "/scrape redis://10.41.0.22:26379",
  ]);
});

test("a target that is down fails with the exporter's reason, though the exporter answers 200", async () => {
  const down = { body: 'redis_exporter_last_scrape_error{err="dial redis: unknown network redis"} 1\nredis_up 0\n' };
  await expect(check((target) => (target.includes("10.41.0.21") ? down : up))).rejects.toMatchObject({
    findings: [
      {
        problem: "exporter cannot scrape sentinel-1: dial redis: unknown network redis",
        lookAt: expect.stringMatching(
          /^curl -u prometheus 'http:\/\/127\.0\.0\.1:\d+\/scrape\?target=redis%3A%2F%2F10\.41\.0\.21%3A26379'$/,
        ),
      },
    ],
  });
});

test.each([
  ["a target that is down without a reason", { body: "redis_up 0\n" }, "redis_up 0"],
  ["an answer without redis_up", { body: "go_info 1\n" }, "its answer has no redis_up"],
  [
    "an exporter in trouble",
    { status: 400, body: "Invalid 'target' parameter\n" },
    "HTTP 400 Invalid 'target' parameter",
  ],
])("%s fails", async (_, answer, words) => {
  await expect(check((target) => (target.includes("10.41.0.10") ? answer : up))).rejects.toThrow(
    `exporter cannot scrape redis-0: ${words}`,
  );
});

test("an exporter that is not there fails once, with the reason of the connection", async () => {
  const { endpoint, stop } = await fakeHttp(() => up);
  stop();
  const at = `127.0.0.1:${endpoint.port}`;
  await expect(checkAt(endpoint)).rejects.toMatchObject({
    message: `exporter at http://${at} does not answer: connect ECONNREFUSED ${at}`,
  });
});

test("without an exporter in the plan there is nothing to check", () => {
  const target = verificationTarget(plannedSet(), { password });
  expect(metricsUp.start(new RunningSet(target, new Addressing("inside")))).toBeUndefined();
});
