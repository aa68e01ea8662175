import { afterEach, expect, test } from "vitest";
import type { ExistingWorkload } from "../../../hosts/workload.ts";
import { introducePassword, PasswordRotationError } from "../../../rollout/passwordRotation.ts";
import type { Topology } from "../../../topology/topology.ts";
import { FakeRedis, type Reply } from "../../support/unit/fakeRedis.ts";
import { plannedSet } from "../../support/unit/plannedSet.ts";
import { publishing } from "../../support/unit/publishing.ts";

const change = { from: "the-old-password-word", to: "the-new-password-word" };

const servers: FakeRedis[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.stop();
  }
});

test("the password rotation makes every node accept the new password before any node uses it", async () => {
  const order: string[] = [];
  const node = await serve(change.from, note(order, "redis"));
  const sentinel = await serve(change.from, note(order, "sentinel"));
  expect(await introduce(setOf([node], [sentinel]))).toEqual(["redis-0", "sentinel-0"]);
  expect(order.filter((command) => !command.endsWith("PING"))).toEqual([
    expect.stringMatching(/: ACL SETUSER default >the-new-password-word$/),
    expect.stringMatching(/: ACL SETUSER default >the-new-password-word$/),
    "sentinel: SENTINEL CONFIG SET sentinel-pass the-new-password-word",
    "sentinel: SENTINEL SET mymaster auth-pass the-new-password-word",
    "redis: CONFIG SET masterauth the-new-password-word",
  ]);
});

test("the password rotation skips nodes that already have the new password, and nodes that do not run", async () => {
  const changed = await serve(change.to);
  const silent = await serve(change.from);
  silent.stop();
  expect(await introduce(setOf([changed, silent], []))).toEqual([]);
  expect(changed.received.filter((command) => /^(ACL|CONFIG)/.test(command))).toEqual([]);
});

test("the password rotation fails when a node accepts neither password, and prints no password", async () => {
  const foreign = await serve("something-else-entirely");
  await expectToFail(
    setOf([foreign], []),
    "redis-0 cannot be given the new password: it accepts neither the old password nor the new one; no node was restarted",
  );
});

test("the password rotation fails with a node's error message, and prints no password, when a node refuses the change", async () => {
  const node = await serve(change.from, (command) =>
    command.startsWith("ACL") ? new Error("NOPERM this user has no permissions") : undefined,
  );
  await expectToFail(
    setOf([node], []),
    "redis-0 cannot be given the new password: NOPERM this user has no permissions",
  );
});

test("the password rotation uses the nodes' current ports and the deployed name of the master", async () => {
  const sentinel = await serve(change.from);
  const { deployed, existing } = setOf([], [sentinel]);
  const elsewhere = {
    ...deployed,
    masterName: "theirs",
    sentinels: [{ ...deployed.sentinels[0]!, published: nowhere }],
  };
  expect(await introduce({ deployed: elsewhere, existing })).toEqual(["sentinel-0"]);
  expect(sentinel.received).toContain("SENTINEL SET theirs auth-pass the-new-password-word");
});

async function expectToFail(set: RunningNodes, words: string): Promise<void> {
  const failure: unknown = await introduce(set).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(PasswordRotationError);
  const { message } = failure as PasswordRotationError;
  expect(message).toContain(words);
  expect(message).not.toContain(change.from);
  expect(message).not.toContain(change.to);
}

function note(order: string[], kind: string): (command: string) => undefined {
  return (command) => {
    order.push(`${kind}: ${command}`);
  };
}

/** Starts a server that accepts one password. It answers OK to every command for which `answer` returns nothing. */
async function serve(
  accepts: string,
  answer: (command: string) => Reply | undefined = () => undefined,
): Promise<FakeRedis> {
  const server = await FakeRedis.start((command) => {
    if (command.toUpperCase().startsWith("AUTH")) {
      return command.endsWith(accepts) ? "OK" : new Error("WRONGPASS invalid username-password pair");
    }
    return answer(command) ?? "OK";
  });
  servers.push(server);
  return server;
}

interface RunningNodes {
  readonly deployed: Topology;
  readonly existing: readonly ExistingWorkload[];
}

function introduce({ deployed, existing }: RunningNodes): Promise<readonly string[]> {
  return introducePassword(deployed, change, async () => existing);
}

/** An endpoint where nothing answers. */
const nowhere = { host: "127.0.0.1", port: 1 };

function setOf(nodes: readonly FakeRedis[], sentinels: readonly FakeRedis[]): RunningNodes {
  const set = plannedSet();
  const deployed = {
    ...set,
    dataNodes: set.dataNodes.slice(0, nodes.length),
    sentinels: set.sentinels.slice(0, sentinels.length),
  };
  return {
    deployed,
    existing: [
      ...deployed.dataNodes.map((node, ordinal) => publishing(node, nodes[ordinal]!.endpoint)),
      ...deployed.sentinels.map((node, ordinal) => publishing(node, sentinels[ordinal]!.endpoint)),
    ],
  };
}
