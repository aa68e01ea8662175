import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Check } from "../../../checks/check.ts";
import { minReplicasMet } from "../../../checks/minReplicas.ts";
import { replicasInSync } from "../../../checks/replication.ts";
import { writesReachReplicas } from "../../../checks/roundTrip.ts";
import { Addressing } from "../../../redis/addressing.ts";
import { RunningSet } from "../../../redis/runningSet.ts";
import { verificationTarget } from "../../../redis/target.ts";
import { formatEndpoint } from "../../../topology/endpoint.ts";
import { FakeRedis, type Reply } from "../../support/unit/fakeRedis.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

let master: FakeRedis;
let replica: FakeRedis;
let set: RunningSet;

/** The answers of the two fakes. At first they are those of a healthy master and its replica. */
let answers: { master: Record<string, string>; replica: Record<string, string>; replicaGet: () => Reply };

beforeEach(async () => {
  master = await FakeRedis.start((command) => answer("master", command));
  replica = await FakeRedis.start((command) => answer("replica", command));
  const [host, port] = [replica.endpoint.host, replica.endpoint.port];
  answers = {
    master: {
      role: "master",
      slave0: `ip=${host},port=${port},state=online,offset=5000,lag=0`,
      master_repl_offset: "5000000",
    },
    replica: {
      role: "slave",
      master_host: master.endpoint.host,
      master_port: String(master.endpoint.port),
      master_link_status: "up",
      master_sync_in_progress: "0",
      slave_repl_offset: "5000000",
    },
    replicaGet: () => null,
  };
  const endpoints = [master.endpoint, replica.endpoint];
  const topology = plannedSet({
    dataNode: (ordinal) => ({ endpoint: endpoints[ordinal] ?? master.endpoint, published: master.endpoint }),
    sentinel: () => ({ endpoint: master.endpoint, published: master.endpoint }),
  });
  const target = verificationTarget({ ...topology, dataNodes: topology.dataNodes.slice(0, 2) }, { password });
  set = new RunningSet(target, new Addressing("inside"));
});

afterEach(async () => {
  await set.close();
  master.stop();
  replica.stop();
});

function answer(who: "master" | "replica", command: string): Reply {
  if (command === "INFO replication") {
    return Object.entries(answers[who])
      .map(([name, value]) => `${name}:${value}\r\n`)
      .join("");
  }
  return command.startsWith("GET ") && who === "replica" ? answers.replicaGet() : "OK";
}

async function attempt(check: Check): Promise<string> {
  return (await check.start(set)?.()) ?? "nothing to check";
}

describe("the check of replication", () => {
  test("passes when the replica follows the master and has all its data", async () => {
    await expect(attempt(replicasInSync)).resolves.toBe("redis-1 follows redis-0, 0 bytes behind");
  });

  test("passes when the replica is one mebibyte behind, as under load", async () => {
    answers.replica["slave_repl_offset"] = String(5_000_000 - 1024 * 1024);
    await expect(attempt(replicasInSync)).resolves.toBe("redis-1 follows redis-0, 1048576 bytes behind");
  });

  test.each([
    [
      "the replica is more than one mebibyte behind",
      { slave_repl_offset: String(5_000_000 - 1024 * 1024 - 1) },
      {},
      "is 1048577 bytes behind the master; at most 1048576 are accepted",
    ],
    [
      "the replica is still copying the data",
      { master_link_status: "down", master_sync_in_progress: "1" },
      {},
      "is still copying the data of the master redis-0 (MASTER)",
    ],
    [
      "the link to the master is broken",
      { master_link_status: "down", master_link_down_since_seconds: "12" },
      {},
      "has no link to the master redis-0 (MASTER), down for 12 s",
    ],
    [
      "the link to the master was never up",
      { master_link_status: "down", master_link_down_since_seconds: "-1" },
      {},
      "has no link to the master redis-0 (MASTER)",
    ],
    [
      "the replica follows another node",
      { master_host: "10.9.9.9", master_port: "6379" },
      {},
      "follows 10.9.9.9:6379, not the master redis-0 (MASTER)",
    ],
    [
      "the master does not list the replica",
      {},
      { slave0: "ip=10.9.9.9,port=6379,state=online,offset=1,lag=0" },
      "is not in the list of replicas of the master redis-0 (MASTER)",
    ],
    [
      "the master has yet to send the data",
      {},
      { slave0: "ip=REPLICA_IP,port=REPLICA_PORT,state=wait_bgsave,offset=0,lag=0" },
      "is in state wait_bgsave according to the master redis-0 (MASTER)",
    ],
  ])("fails when %s", async (_, replicaFields, masterFields, problem) => {
    Object.assign(answers.replica, replicaFields);
    Object.assign(answers.master, withReplicaAddress(masterFields));
    await expect(attempt(replicasInSync)).rejects.toMatchObject({
      findings: [
        {
          problem: `redis-1 ${problem.replace("MASTER", formatEndpoint(master.endpoint))}`,
          lookAt: `redis-cli -h 127.0.0.1 -p ${replica.endpoint.port} --askpass INFO replication`,
        },
      ],
      permanent: false,
    });
  });
});

test("the check of required replicas does not count a replica whose last acknowledgement is too old", async () => {
  answers.master["slave0"] =
    withReplicaAddress({ slave0: "ip=REPLICA_IP,port=REPLICA_PORT,state=online,offset=5000,lag=11" })["slave0"] ?? "";
  await expect(attempt(minReplicasMet)).rejects.toMatchObject({
    message: "redis-0 has too few replicas: 0 acknowledged within 10 s, 1 required",
  });
});

describe("the check of writes", () => {
  test("fails when a replica does not show a write within a second, and lets the key expire", async () => {
    await expect(attempt(writesReachReplicas)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^redis-1 does not show a key written on the master 10\d\d ms ago; 1000 ms are accepted$/,
      ),
    });
    expect(master.received.find((command) => command.startsWith("SET"))).toMatch(
      /^SET redis-ha:verification:[0-9a-f-]{36} [0-9a-f-]{36} PX 10000$/,
    );
  });

  test("fails when a replica does not show a removal within a second", async () => {
    answers.replicaGet = () => master.received.find((command) => command.startsWith("SET"))?.split(" ")[2] ?? null;
    await expect(attempt(writesReachReplicas)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^redis-1 still shows a key removed on the master 10\d\d ms ago; 1000 ms are accepted$/,
      ),
    });
  });
});

function withReplicaAddress(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { host, port } = replica.endpoint;
  const place = (value: string): string => value.replace("REPLICA_IP", host).replace("REPLICA_PORT", String(port));
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, place(value)]));
}
