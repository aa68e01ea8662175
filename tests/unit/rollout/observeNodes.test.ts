import { afterEach, expect, test } from "vitest";
import type { ExistingWorkload } from "../../../hosts/workload.ts";
import { observeNodes } from "../../../rollout/observeNodes.ts";
import { FakeRedis, type Reply } from "../../support/unit/fakeRedis.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";
import { publishing } from "../../support/unit/publishing.ts";

const set = plannedSet();
const [node] = set.dataNodes;

const servers: FakeRedis[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.stop();
  }
});

test("a node says what it is and how much it has, by the port that it has now and not by that of the plan", async () => {
  const server = await serve((command) =>
    command === "DBSIZE" ? "7" : "# Replication\r\nrole:master\r\nmaster_repl_offset:42\r\n",
  );
  const [now] = await ask(server);
  expect(now).toMatchObject({ state: "answers", keys: 7, facts: { role: "master", offset: 42 } });
});

test.each([
  ["DBSIZE", "LOADING Redis is loading the dataset in memory"],
  ["AUTH", "WRONGPASS invalid username-password pair or user is disabled."],
])("an error is an answer: %s is refused with %s", async (refused, words) => {
  const server = await serve((command) =>
    command.toUpperCase().startsWith(refused) ? new Error(words) : "role:slave\r\n",
  );
  expect((await ask(server))[0]).toMatchObject({ state: "refuses" });
});

test("a port where nothing listens counts as silence", async () => {
  const server = await serve(() => "");
  server.stop();
  expect((await ask(server))[0]).toMatchObject({ state: "silent" });
});

test("a node that does not run is silent, even if another process answers at its port", async () => {
  const server = await serve(() => "role:master\r\n");
  expect((await ask(server, { running: false }))[0]).toEqual({ state: "silent", node });
  expect((await ask(server, { name: "redis-1" }))[0]).toEqual({ state: "silent", node });
  expect(server.received).toEqual([]);
});

test("only those that are asked for are asked", async () => {
  expect(await observeNodes(set, password, async () => [], [])).toEqual([]);
});

async function serve(answer: (command: string) => Reply): Promise<FakeRedis> {
  const server = await FakeRedis.start(answer);
  servers.push(server);
  return server;
}

/** Asks one data node; nothing answers at its address inside the network, nor at the port of the plan. */
function ask(server: FakeRedis, given: Partial<ExistingWorkload> = {}) {
  return observeNodes(set, password, async () => [{ ...publishing(node!, server.endpoint), ...given }], [node!]);
}
