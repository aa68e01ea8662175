import { afterEach, describe, expect, test } from "vitest";
import { loginsRequired } from "../../../checks/loginProxy.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import { verificationTarget } from "../../../redis/target.ts";
import { type FakeHttp, type FakeRequest, fakeHttp } from "../../support/unit/fakeHttp.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

const login = `Basic ${Buffer.from("prometheus:login-of-prometheus").toString("base64")}`;

let proxy: FakeHttp | undefined;

afterEach(() => proxy?.stop());

/** What a login proxy that is well answers to the exporter's port. */
function asItShould({ url, headers }: FakeRequest): number {
  if (headers.authorization !== login) {
    return 401;
  }
  return url.search === "?target=redis://10.41.0.10:6379" ? 200 : 403;
}

/** Checks against a login proxy in front of an exporter. */
async function check(answer: (request: FakeRequest) => number): Promise<string | undefined> {
  proxy = await fakeHttp((request) => ({ status: answer(request), body: "" }));
  const access = { endpoint: proxy.endpoint, published: proxy.endpoint };
  const size = { cpus: 1, memory: 1, disk: 0 };
  const endpoint = { host: "192.0.2.1", port: 9121 };
  const exporter = { name: "exporter", endpoint, published: endpoint, size, access, user: "prometheus" };
  const topology = { ...plannedSet(), exporter, loginProxy: { name: "login-proxy", ...access, size } };
  const target = verificationTarget(topology, { password, exporterPassword: "login-of-prometheus" });
  return loginsRequired.start(new RunningSet(target, new Addressing("inside")))?.();
}

describe("a login proxy", () => {
  test("passes when it refuses strangers, and its user what is not a scrape of the set's own nodes", async () => {
    await expect(check(asItShould)).resolves.toBe("no login and a wrong one refused for exporter");
  });

  test.each<[string, (request: FakeRequest) => number, RegExp]>([
    [
      "serves without a login",
      () => 200,
      /^login-proxy answers :\d+\/ without a login with HTTP 200; 401 is expected$/,
    ],
    [
      "accepts a wrong password",
      (request) => (request.headers.authorization === undefined ? 401 : 200),
      /^login-proxy answers :\d+\/ with a wrong login with HTTP 200; 401 is expected$/,
    ],
    [
      "passes on a target that is not of the set",
      (request) => (request.url.search.includes("192.0.2.1") ? 200 : asItShould(request)),
      /^login-proxy answers :\d+\/scrape\?target=redis:\/\/192\.0\.2\.1:6379 with HTTP 200; 403 is expected$/,
    ],
    [
      "lets keys be listed",
      (request) => (request.url.search.includes("check-keys") ? 200 : asItShould(request)),
      /check-keys=\* with HTTP 200; 403 is expected$/,
    ],
    [
      "lets keys be counted",
      (request) => (request.url.search.includes("count-keys") ? 200 : asItShould(request)),
      /count-keys=\* with HTTP 200; 403 is expected$/,
    ],
  ])("that %s fails at once", async (_, answer, message) => {
    await expect(check(answer)).rejects.toMatchObject({ message: expect.stringMatching(message), permanent: true });
  });

  test("that refuses this address for a while is asked again", async () => {
    await expect(check(() => 429)).rejects.toMatchObject({ permanent: false });
  });
});

test("a set without exporter and Commander has no login proxy to check", () => {
  const target = verificationTarget(plannedSet(), { password });
  expect(loginsRequired.start(new RunningSet(target, new Addressing("inside")))).toBeUndefined();
});
