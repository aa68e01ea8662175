import { afterEach, expect, test } from "vitest";
import { introducePassword, PasswordChangeError } from "../../../changes/passwordChange.ts";
import type { Topology } from "../../../topology/topology.ts";
import { FakeRedis, type Reply } from "../checks/fakeRedis.ts";
import { plannedSet } from "../checks/plannedSet.ts";

const change = { from: "the-old-password-word", to: "the-new-password-word" };

const servers: FakeRedis[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.stop();
  }
});

test("every node accepts the new password before anybody uses it", async () => {
  const order: string[] = [];
  const node = await serve(change.from, note(order, "redis"));
  const sentinel = await serve(change.from, note(order, "sentinel"));
  await introducePassword(setOf([node], [sentinel]), change);
  expect(order.filter((command) => !command.endsWith("PING"))).toEqual([
    expect.stringMatching(/: ACL SETUSER default >the-new-password-word$/),
    expect.stringMatching(/: ACL SETUSER default >the-new-password-word$/),
    "sentinel: SENTINEL CONFIG SET sentinel-pass the-new-password-word",
    "sentinel: SENTINEL SET mymaster auth-pass the-new-password-word",
    "redis: CONFIG SET masterauth the-new-password-word",
  ]);
});

test("a node that has the new one already, and one that does not run, are left as they are", async () => {
  const changed = await serve(change.to);
  const silent = await serve(change.from);
  silent.stop();
  await introducePassword(setOf([changed, silent], []), change);
  expect(changed.received.filter((command) => /^(ACL|CONFIG)/.test(command))).toEqual([]);
});

test("a node that accepts neither is named, and no password is", async () => {
  const stranger = await serve("something-else-entirely");
  await expectToFail(setOf([stranger], []), "redis-0 cannot be told the new password: it accepts neither the old one");
});

test("a node that refuses the change is named with its own words, and no password is", async () => {
  const node = await serve(change.from, (command) =>
    command.startsWith("ACL") ? new Error("NOPERM this user has no permissions") : undefined,
  );
  await expectToFail(setOf([node], []), "redis-0 cannot be told the new password: NOPERM this user has no permissions");
});

async function expectToFail(set: Topology, words: string): Promise<void> {
  const failure: unknown = await introducePassword(set, change).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(PasswordChangeError);
  const { message } = failure as PasswordChangeError;
  expect(message).toContain(words);
  expect(message).not.toContain(change.from);
  expect(message).not.toContain(change.to);
}

function note(order: string[], kind: string): (command: string) => undefined {
  return (command) => {
    order.push(`${kind}: ${command}`);
  };
}

/** A server that accepts one password, and says OK to everything unless told otherwise. */
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

function setOf(nodes: readonly FakeRedis[], sentinels: readonly FakeRedis[]): Topology {
  const set = plannedSet();
  const placed = <Plan>(plan: Plan, { endpoint }: FakeRedis) => ({ ...plan, published: endpoint });
  return {
    ...set,
    dataNodes: nodes.map((server, ordinal) => placed(set.dataNodes[ordinal]!, server)),
    sentinels: sentinels.map((server, ordinal) => placed(set.sentinels[ordinal]!, server)),
  };
}
