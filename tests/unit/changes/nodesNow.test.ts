import { afterEach, expect, test } from "vitest";
import { nodesNow } from "../../../changes/nodesNow.ts";
import type { Topology } from "../../../topology/topology.ts";
import { FakeRedis, type Reply } from "../checks/fakeRedis.ts";
import { password, plannedSet } from "../checks/plannedSet.ts";

const servers: FakeRedis[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.stop();
  }
});

test("a node says what it is and how much it has, by its published port alone", async () => {
  const server = await serve((command) =>
    command === "DBSIZE" ? "7" : "# Replication\r\nrole:master\r\nmaster_repl_offset:42\r\n",
  );
  const [now] = await nodesNow(published(server), password);
  expect(now).toMatchObject({ state: "answers", keys: 7, facts: { role: "master", offset: 42 } });
});

test.each([
  ["DBSIZE", "LOADING Redis is loading the dataset in memory"],
  ["AUTH", "WRONGPASS invalid username-password pair or user is disabled."],
])("an error is an answer: %s is refused with %s", async (refused, words) => {
  const server = await serve((command) =>
    command.toUpperCase().startsWith(refused) ? new Error(words) : "role:slave\r\n",
  );
  expect((await nodesNow(published(server), password))[0]).toMatchObject({ state: "refuses" });
});

test("nobody at the port is silence", async () => {
  const server = await serve(() => "");
  server.stop();
  expect((await nodesNow(published(server), password))[0]).toMatchObject({ state: "silent" });
});

test("only those that are asked for are asked", async () => {
  const set = plannedSet();
  expect(await nodesNow(set, password, [])).toEqual([]);
});

async function serve(answer: (command: string) => Reply): Promise<FakeRedis> {
  const server = await FakeRedis.start(answer);
  servers.push(server);
  return server;
}

/** A plan of one data node; nothing answers at its address inside the network. */
function published(server: FakeRedis): Topology {
  const set = plannedSet();
  return { ...set, dataNodes: [{ ...set.dataNodes[0]!, published: server.endpoint }] };
}
