import { afterEach, describe, expect, test } from "vitest";
import { commanderGuarded } from "../../../checks/commander.ts";
import { Route } from "../../../checks/route.ts";
import { RunningSet } from "../../../checks/runningSet.ts";
import { verificationTarget } from "../../../checks/target.ts";
import { type FakeAnswer, type FakeHttp, fakeHttp } from "./fakeHttp.ts";
import { password, plannedSet } from "./plannedSet.ts";

/** How a fake Commander behaves; the defaults are those of one that is well. */
interface Behaviour {
  readonly acceptsPassword: (password: string) => boolean;
  readonly toStranger: FakeAnswer;
  readonly servers: readonly unknown[];
}

const onMaster = { info: [{ key: "Role", value: "master" }] };

const well: Behaviour = {
  acceptsPassword: (given) => given === "login-of-admin",
  toStranger: { status: 401, body: "Unauthorized - Missing Token" },
  servers: [onMaster],
};

let commander: FakeHttp | undefined;
let logins = 0;

afterEach(() => {
  commander?.stop();
  logins = 0;
});

/** A check that has begun, against a Commander that answers as redis-commander 0.9.0 does. */
async function started(behaviour: Partial<Behaviour>): Promise<() => Promise<string>> {
  const { acceptsPassword, toStranger, servers } = { ...well, ...behaviour };
  commander = await fakeHttp(({ method, url, headers, body }) => {
    if (method === "POST" && url.pathname === "/signin") {
      logins += 1;
      const login = new URLSearchParams(body);
      const accepted = login.get("username") === "admin" && acceptsPassword(login.get("password") ?? "");
      return { body: JSON.stringify(accepted ? { ok: true, bearerToken: "token" } : { ok: false }) };
    }
    const data = JSON.stringify({ data: servers });
    return headers.authorization === "Bearer token" ? { body: data } : toStranger;
  });
  const { endpoint } = commander;
  const size = { cpus: 1, memory: 1, disk: 1 };
  const node = { name: "commander", endpoint, published: endpoint, size, user: "admin", readOnly: false };
  const secrets = { password, commanderPassword: "login-of-admin" };
  const set = new RunningSet(verificationTarget({ ...plannedSet(), commander: node }, secrets), new Route("inside"));
  const attempt = commanderGuarded.start(set);
  if (attempt === undefined) {
    throw new Error("a planned Commander is checked");
  }
  return attempt;
}

describe("Commander", () => {
  test("passes when it refuses a wrong login and shows the master to a right one", async () => {
    const attempt = await started({});
    await expect(attempt()).resolves.toBe("wrong login refused; admin sees the master's data");
  });

  test.each<[string, Partial<Behaviour>, string]>([
    ["shows data without a login", { toStranger: { body: '{"data":[]}' } }, "commander shows its data without a login"],
    ["accepts any password", { acceptsPassword: () => true }, "commander accepts a wrong password"],
    ["refuses the right password", { acceptsPassword: () => false }, "commander refuses the right password of admin"],
  ])("that %s fails at once", async (_, behaviour, problem) => {
    const attempt = await started(behaviour);
    await expect(attempt()).rejects.toMatchObject({ message: problem, lasting: true });
  });

  test.each<[string, Partial<Behaviour>, string]>([
    [
      "is not connected yet",
      { servers: [{ disabled: true, error: "Status: reconnecting" }] },
      "commander lets admin in, but a connection is not ready: Status: reconnecting",
    ],
    [
      "is connected to a replica only",
      { servers: [{ info: [{ key: "Role", value: "slave" }] }] },
      "commander lets admin in, but none of its connections leads to the master",
    ],
    [
      "is another program",
      { toStranger: { status: 404, body: "Not Found" } },
      "commander answers /apiv2/server/info with HTTP 404 Not Found",
    ],
  ])("that %s is waited for", async (_, behaviour, problem) => {
    const attempt = await started(behaviour);
    await expect(attempt()).rejects.toMatchObject({ message: problem, lasting: false });
  });

  test("is logged into once, however long its connections take", async () => {
    const attempt = await started({ servers: [] });
    await expect(attempt()).rejects.toThrow();
    await expect(attempt()).rejects.toThrow();
    // One wrong login and one right one.
    expect(logins).toBe(2);
  });
});
