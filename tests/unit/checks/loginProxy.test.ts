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

/** The status with which a healthy login proxy answers at the exporter's port. */
function healthyAnswer({ url, headers }: FakeRequest): number {
  if (headers.authorization !== login) {
    return 401;
  }
  return url.search === "?target=redis://10.41.0.10:6379" ? 200 : 403;
}

/** Runs the check against a login proxy in front of an exporter. */
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

describe("the check of the login proxy", () => {
  test("passes when the proxy refuses unauthenticated requests, and allows the user only scrapes of the set's nodes", async () => {
    await expect(check(healthyAnswer)).resolves.toBe("missing and wrong logins are refused for exporter");
  });

  test.each<[string, (request: FakeRequest) => number, RegExp]>([
    [
      "accepts requests without a login",
      () => 200,
      /^login-proxy answers :\d+\/ without a login with HTTP 200; 401 is expected$/,
    ],
    [
      "accepts a wrong password",
      (request) => (request.headers.authorization === undefined ? 401 : 200),
      /^login-proxy answers :\d+\/ with a wrong login with HTTP 200; 401 is expected$/,
    ],
    [
      "forwards a scrape of a target outside the set",
      (request) => (request.url.search.includes("192.0.2.1") ? 200 : healthyAnswer(request)),
      /^login-proxy answers :\d+\/scrape\?target=redis:\/\/192\.0\.2\.1:6379 with HTTP 200; 403 is expected$/,
    ],
    [
      "forwards a request that lists keys",
      (request) => (request.url.search.includes("check-keys") ? 200 : healthyAnswer(request)),
      /check-keys=\* with HTTP 200; 403 is expected$/,
    ],
    [
      "forwards a request that counts keys",
      (request) => (request.url.search.includes("count-keys") ? 200 : healthyAnswer(request)),
      /count-keys=\* with HTTP 200; 403 is expected$/,
    ],
  ])("fails at once when the proxy %s", async (_, answer, message) => {
    await expect(check(answer)).rejects.toMatchObject({ message: expect.stringMatching(message), permanent: true });
  });

  test("is retried while the proxy blocks this address with HTTP 429", async () => {
    await expect(check(() => 429)).rejects.toMatchObject({ permanent: false });
  });
});

test("the check of the login proxy is skipped for a set without exporter and Commander", () => {
  const target = verificationTarget(plannedSet(), { password });
  expect(loginsRequired.start(new RunningSet(target, new Addressing("inside")))).toBeUndefined();
});
