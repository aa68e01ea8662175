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

/** Runs the check against an exporter that gives this answer for each target. */
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

test("the check of metrics scrapes every data node and Sentinel through the login proxy, by its inside address", async () => {
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

test("the check of metrics fails with the exporter's reason when the exporter answers 200 for a dead target", async () => {
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
  ["reports a dead target without a reason", { body: "redis_up 0\n" }, "redis_up 0"],
  ["answers without redis_up", { body: "go_info 1\n" }, "its answer has no redis_up"],
  [
    "answers with an HTTP error",
    { status: 400, body: "Invalid 'target' parameter\n" },
    "HTTP 400 Invalid 'target' parameter",
  ],
])("the check of metrics fails when the exporter %s", async (_, answer, words) => {
  await expect(check((target) => (target.includes("10.41.0.10") ? answer : up))).rejects.toThrow(
    `exporter cannot scrape redis-0: ${words}`,
  );
});

test("the check of metrics reports an unreachable exporter once, with the connection error", async () => {
  const { endpoint, stop } = await fakeHttp(() => up);
  stop();
  const at = `127.0.0.1:${endpoint.port}`;
  await expect(checkAt(endpoint)).rejects.toMatchObject({
    message: `exporter at http://${at} does not answer: connect ECONNREFUSED ${at}`,
  });
});

test("the check of metrics is skipped when the plan has no exporter", () => {
  const target = verificationTarget(plannedSet(), { password });
  expect(metricsUp.start(new RunningSet(target, new Addressing("inside")))).toBeUndefined();
});
