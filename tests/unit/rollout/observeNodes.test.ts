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

test("a data node is queried for its role and its number of keys at its current port, not at the planned one", async () => {
  const server = await serve((command) =>
    command === "DBSIZE" ? "7" : "# Replication\r\nrole:master\r\nmaster_repl_offset:42\r\n",
  );
  const [now] = await ask(server);
  expect(now).toMatchObject({ state: "answers", keys: 7, facts: { role: "master", offset: 42 } });
});

test.each([
  ["DBSIZE", "LOADING Redis is loading the dataset in memory"],
  ["AUTH", "WRONGPASS invalid username-password pair or user is disabled."],
])("a data node that answers %s with the error %s is observed as refusing", async (refused, words) => {
  const server = await serve((command) =>
    command.toUpperCase().startsWith(refused) ? new Error(words) : "role:slave\r\n",
  );
  expect((await ask(server))[0]).toMatchObject({ state: "refuses" });
});

test("a data node is observed as silent when nothing listens at its port", async () => {
  const server = await serve(() => "");
  server.stop();
  expect((await ask(server))[0]).toMatchObject({ state: "silent" });
});

test("a data node that does not run is observed as silent, even if another process answers at its port", async () => {
  const server = await serve(() => "role:master\r\n");
  expect((await ask(server, { running: false }))[0]).toEqual({ state: "silent", node });
  expect((await ask(server, { name: "redis-1" }))[0]).toEqual({ state: "silent", node });
  expect(server.received).toEqual([]);
});

test("observeNodes queries only the given data nodes", async () => {
  expect(await observeNodes(set, password, async () => [], [])).toEqual([]);
});

async function serve(answer: (command: string) => Reply): Promise<FakeRedis> {
  const server = await FakeRedis.start(answer);
  servers.push(server);
  return server;
}

/** Queries one data node. Nothing answers at its address inside the network, nor at its planned port. */
function ask(server: FakeRedis, given: Partial<ExistingWorkload> = {}) {
  return observeNodes(set, password, async () => [{ ...publishing(node!, server.endpoint), ...given }], [node!]);
}
