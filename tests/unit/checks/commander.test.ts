import { afterEach, describe, expect, test } from "vitest";
import { commanderShowsMaster } from "../../../checks/commander.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import { verificationTarget } from "../../../redis/target.ts";
import { type FakeAnswer, type FakeHttp, fakeHttp } from "../../support/unit/fakeHttp.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

const login = `Basic ${Buffer.from("admin:login-of-admin").toString("base64")}`;

let proxy: FakeHttp | undefined;

afterEach(() => proxy?.stop());

/** Runs the check against a login proxy that gives this answer to Commander's user. */
async function check(answer: FakeAnswer): Promise<string | undefined> {
  proxy = await fakeHttp(({ headers }) =>
    headers.authorization === login ? answer : { status: 401, body: "401 Unauthorized" },
  );
  const access = { endpoint: proxy.endpoint, published: proxy.endpoint };
  const endpoint = { host: "192.0.2.1", port: 8081 };
  const size = { cpus: 1, memory: 1, disk: 1 };
  const node = { name: "commander", endpoint, published: endpoint, size, access, user: "admin", readOnly: false };
  const secrets = { password, commanderPassword: "login-of-admin" };
  const set = new RunningSet(
    verificationTarget({ ...plannedSet(), commander: node }, secrets),
    new Addressing("inside"),
  );
  return commanderShowsMaster.start(set)?.();
}

const servers = (...data: readonly unknown[]): FakeAnswer => ({ body: JSON.stringify({ data }) });

describe("the check of Commander", () => {
  test("passes when its user sees the master through the login proxy", async () => {
    const answer = servers({ info: [{ key: "Role", value: "master" }] });
    await expect(check(answer)).resolves.toBe("admin sees the master's data");
  });

  test("fails with a warning only, because Redis works without Commander", () => {
    expect(commanderShowsMaster.severity).toBe("warning");
  });

  test.each<[string, FakeAnswer, string]>([
    [
      "has a connection that is not ready",
      servers({ disabled: true, error: "Status: reconnecting" }),
      "commander runs but has a connection that is not ready: Status: reconnecting",
    ],
    [
      "is connected to a replica only",
      servers({ info: [{ key: "Role", value: "slave" }] }),
      "commander runs but is not connected to the master",
    ],
    ["does not run", { status: 503, body: "503" }, "commander does not answer the login proxy"],
    [
      "is replaced by another program",
      { status: 404, body: "Not Found" },
      "commander answers /apiv2/server/info with HTTP 404 Not Found",
    ],
  ])("fails but may be retried when Commander %s", async (_, answer, problem) => {
    await expect(check(answer)).rejects.toMatchObject({ message: problem, permanent: false });
  });
});
