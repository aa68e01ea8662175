import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeOutcome, describeReport, type VerificationReport } from "../../checks/report.ts";
import { type VerificationOptions, verify } from "../../checks/verify.ts";
import { verificationTarget } from "../../redis/target.ts";
import type { DataNodePlan, Endpoint, NodePlan, SentinelPlan, Topology } from "../../topology/topology.ts";
import { LoopbackSet, network, redisBinary } from "../support/processes/loopbackSet.ts";
import { password } from "../support/unit/plannedSet.ts";

const set = new LoopbackSet();
const [master, replica, otherReplica] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
const [sentinel, otherSentinel] = set.topology.sentinels as [SentinelPlan, SentinelPlan];

/** Milliseconds. Long enough for the checks that poll, short enough for the tests that expect a failure. */
const shortDeadline = 300;

const check = {
  reachable: "the set is reachable",
  dataNodes: "every data node answers",
  sentinels: "every Sentinel answers",
  password: "every node refuses commands without the password",
  settings: "memory and persistence settings match the plan",
  oneMaster: "exactly one master",
  inSync: "every replica follows the master and is in sync",
  minReplicas: "the master has enough replicas to accept writes",
  write: "a write on the master reaches every replica",
  agree: "every Sentinel names the master and knows its peers",
  tilt: "no Sentinel is in TILT",
  client: "a client finds the master through the Sentinels and writes to it",
} as const;

const wrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

/** One fault in an otherwise healthy set. */
interface Fault {
  readonly what: string;
  readonly inject: () => Promise<unknown>;
  readonly repair: () => Promise<unknown>;
  /** The plan that the set is checked against. @default the plan that the set was started with */
  readonly plan?: Topology;
  /** The problems that each failed check reports. */
  readonly failed: Readonly<Record<string, readonly string[]>>;
  readonly lookAt: readonly string[];
  /** Each check that was not run, and the failed check that it depends on. */
  readonly notRun: Readonly<Record<string, string>>;
}

const faults: readonly Fault[] = [
  {
    what: "a replica that was promoted by hand",
    inject: () => set.call(otherReplica, "REPLICAOF", "NO", "ONE"),
    repair: () => set.call(otherReplica, "REPLICAOF", master.endpoint.host, "6379"),
    failed: {
      [check.oneMaster]: [
        `2 nodes report the role of master: redis-0 (${network}.1:6379) and redis-2 (${network}.3:6379)`,
      ],
    },
    lookAt: [`redis-cli -h ${network}.11 -p 26379 --askpass SENTINEL MASTER mymaster`],
    notRun: {
      [check.inSync]: check.oneMaster,
      [check.minReplicas]: check.oneMaster,
      [check.write]: check.oneMaster,
      [check.agree]: check.oneMaster,
      [check.client]: check.oneMaster,
    },
  },
  {
    what: "a frozen replica",
    inject: async () => set.signal(otherReplica, "SIGSTOP"),
    repair: async () => set.signal(otherReplica, "SIGCONT"),
    failed: {
      [check.dataNodes]: [`redis-2 accepts a connection at ${network}.3:6379 but does not answer within 1000 ms`],
    },
    lookAt: ["the log of redis-2"],
    notRun: {
      [check.password]: check.dataNodes,
      [check.settings]: check.dataNodes,
      [check.oneMaster]: check.dataNodes,
      [check.inSync]: check.dataNodes,
      [check.minReplicas]: check.dataNodes,
      [check.write]: check.dataNodes,
      [check.agree]: check.dataNodes,
      [check.client]: check.dataNodes,
    },
  },
  {
    what: "a replica that cannot log into its master",
    inject: async () => {
      await set.call(replica, "CONFIG", "SET", "masterauth", "not-the-password");
      await breakLink(replica);
    },
    repair: () => set.call(replica, "CONFIG", "SET", "masterauth", password),
    failed: {
      [check.inSync]: [expect.stringContaining(`redis-1 has no link to the master redis-0 (${network}.1:6379)`)],
    },
    lookAt: [`redis-cli -h ${network}.2 -p 6379 --askpass INFO replication`],
    notRun: { [check.write]: check.inSync },
  },
  {
    what: "a replica that follows another replica",
    inject: () => set.call(otherReplica, "REPLICAOF", replica.endpoint.host, "6379"),
    repair: () => set.call(otherReplica, "REPLICAOF", master.endpoint.host, "6379"),
    failed: {
      [check.inSync]: [`redis-2 follows ${network}.2:6379, not the master redis-0 (${network}.1:6379)`],
    },
    lookAt: [`redis-cli -h ${network}.3 -p 6379 --askpass INFO replication`],
    notRun: { [check.write]: check.inSync },
  },
  {
    what: "a maxmemory that differs from the plan",
    inject: () => set.call(replica, "CONFIG", "SET", "maxmemory", "32mb"),
    repair: () => set.call(replica, "CONFIG", "SET", "maxmemory", "64mb"),
    failed: { [check.settings]: ["redis-1 runs with maxmemory 33554432; the plan says 67108864"] },
    lookAt: [`redis-cli -h ${network}.2 -p 6379 --askpass CONFIG GET maxmemory`],
    notRun: {},
  },
  {
    what: "a node that takes no snapshots",
    inject: () => set.call(master, "CONFIG", "SET", "save", ""),
    repair: () => set.call(master, "CONFIG", "SET", "save", "900 1 300 10"),
    failed: { [check.settings]: ['redis-0 runs with save ""; the plan says 900 1 300 10'] },
    lookAt: [`redis-cli -h ${network}.1 -p 6379 --askpass CONFIG GET save`],
    notRun: {},
  },
  {
    what: "a data node that requires no password",
    inject: () => set.call(replica, "CONFIG", "SET", "requirepass", ""),
    repair: () => set.call(replica, "CONFIG", "SET", "requirepass", password),
    failed: { [check.password]: ["redis-1 answers PING without a password (PONG); NOAUTH is expected"] },
    lookAt: [`requirepass in its redis.conf, and: redis-cli -h ${network}.2 -p 6379 --askpass ACL GETUSER default`],
    notRun: {},
  },
  {
    what: "a Sentinel that requires no password",
    inject: () => set.call(sentinel, "ACL", "SETUSER", "default", "nopass"),
    repair: () => set.call(sentinel, "ACL", "SETUSER", "default", "resetpass", `>${password}`),
    failed: { [check.password]: ["sentinel-0 answers PING without a password (PONG); NOAUTH is expected"] },
    lookAt: [
      `requirepass in its sentinel.conf, and: redis-cli -h ${network}.11 -p 26379 --askpass ACL GETUSER default`,
    ],
    notRun: {},
  },
  {
    what: "a master with fewer replicas than it needs",
    inject: () => onEveryDataNode("3"),
    repair: () => onEveryDataNode("1"),
    plan: { ...set.topology, redisRules: { ...set.topology.redisRules, minReplicasToWrite: 3 } },
    failed: {
      [check.minReplicas]: ["redis-0 has too few replicas: 2 acknowledged within 10 s, 3 required"],
    },
    lookAt: [`redis-cli -h ${network}.1 -p 6379 --askpass INFO replication`],
    notRun: { [check.write]: check.minReplicas, [check.client]: check.minReplicas },
  },
  {
    what: "a Sentinel that died",
    inject: () => set.kill(otherSentinel),
    repair: async () => set.run(otherSentinel),
    failed: {
      [check.sentinels]: [
        `sentinel-1 does not accept a connection at ${network}.12:26379: connect ECONNREFUSED ${network}.12:26379`,
      ],
    },
    lookAt: ["the log of sentinel-1"],
    notRun: {
      [check.password]: check.sentinels,
      [check.agree]: check.sentinels,
      [check.tilt]: check.sentinels,
      [check.client]: check.sentinels,
    },
  },
  {
    what: "a Sentinel whose quorum differs from the plan",
    inject: () => set.call(sentinel, "SENTINEL", "SET", "mymaster", "quorum", "3"),
    repair: () => set.call(sentinel, "SENTINEL", "SET", "mymaster", "quorum", "2"),
    failed: { [check.agree]: ["sentinel-0 runs with quorum 3; the plan says 2"] },
    lookAt: [`redis-cli -h ${network}.11 -p 26379 --askpass SENTINEL MASTER mymaster`],
    notRun: {},
  },
  {
    what: "a Sentinel in TILT",
    // With a threshold of 1 ms, every run of the Sentinel's timer counts as late.
    inject: async () => {
      await set.call(otherSentinel, "SENTINEL", "DEBUG", "tilt-trigger", "1");
      await expect.poll(() => set.call(otherSentinel, "INFO", "sentinel")).toContain("sentinel_tilt:1");
    },
    repair: () => set.call(otherSentinel, "SENTINEL", "DEBUG", "tilt-trigger", "2000", "tilt-period", "100"),
    failed: {
      [check.tilt]: [
        "sentinel-1 has been in TILT for 0 s and starts no failover: its process was paused or its clock was changed",
      ],
    },
    lookAt: [
      `redis-cli -h ${network}.12 -p 26379 --askpass INFO sentinel, and the load of the machine that sentinel-1 runs on`,
    ],
    notRun: {},
  },
  {
    what: "a Sentinel that does not monitor the master",
    inject: () => set.call(sentinel, "SENTINEL", "REMOVE", "mymaster"),
    repair: () => set.renew(sentinel),
    failed: { [check.agree]: ["sentinel-0 answers SENTINEL MASTER with: ERR No such master with that name"] },
    lookAt: [`redis-cli -h ${network}.11 -p 26379 --askpass SENTINEL MASTER mymaster`],
    notRun: {},
  },
  {
    what: "a removed Sentinel that the others still list",
    inject: async () => {
      const hello = [`${network}.19`, "26379", "f".repeat(40), "0", "mymaster", master.endpoint.host, "6379", "0"];
      await set.call(master, "PUBLISH", "__sentinel__:hello", hello.join(","));
      await expect.poll(() => repliesOf("SENTINELS")).toContain(`${network}.19`);
    },
    repair: async () => {
      for (const one of set.topology.sentinels) {
        await set.renew(one);
      }
    },
    failed: {
      [check.agree]: set.topology.sentinels.map(
        ({ name }) => `${name} lists a Sentinel ${"f".repeat(40)} at ${network}.19:26379, which the plan does not have`,
      ),
    },
    lookAt: set.topology.sentinels.map(({ endpoint }) => forgetting(endpoint)),
    notRun: {},
  },
  {
    what: "a removed replica that a Sentinel still lists",
    inject: async () => {
      await set.call(sentinel, "SENTINEL", "DEBUG", "info-period", "50");
      await announce(otherReplica, `${network}.9`);
      await expect.poll(() => repliesOf("REPLICAS"), { timeout: 5000 }).toContain(`${network}.9`);
      await announce(otherReplica, otherReplica.endpoint.host);
    },
    repair: () => set.renew(sentinel),
    failed: { [check.agree]: [`sentinel-0 lists a replica at ${network}.9:6379, which the plan does not have`] },
    lookAt: [forgetting(sentinel.endpoint)],
    notRun: {},
  },
];

/** Only Linux serves all of 127.0.0.0/8 without configuration. */
const canRun = redisBinary !== undefined && process.platform === "linux";

describe.skipIf(!canRun)("the verification of a running set (needs Redis on Linux)", () => {
  beforeAll(async () => {
    await set.start();
    // The verification starts before any node listens, and waits for the nodes.
    expectPassed(await verifySet());
  }, 20_000);

  afterAll(() => set.stop());

  test("passes every check on a healthy set, and each check reports its observation", async () => {
    const { checks } = await verifySet();
    const saw = checks.map((outcome) => [outcome.name, outcome.state === "passed" ? outcome.saw : outcome.state]);
    expect(Object.fromEntries(saw)).toEqual({
      [check.reachable]: "through the addresses inside the network",
      [check.dataNodes]: "redis-0, redis-1 and redis-2",
      [check.sentinels]: "sentinel-0, sentinel-1 and sentinel-2",
      [check.password]: "all 6 answer NOAUTH",
      [check.settings]: "maxmemory 67108864 allkeys-lru, append-only file (fsync everysec), snapshots 900 1 300 10",
      [check.oneMaster]: `redis-0 (${network}.1:6379)`,
      [check.inSync]: expect.stringMatching(/^redis-1 and redis-2 follow redis-0, \d+ bytes behind$/),
      [check.minReplicas]: "2 acknowledged within 10 s, 1 required",
      [check.write]: expect.stringMatching(/^read back within [\d.]+ ms, seen removed within [\d.]+ ms$/),
      [check.agree]: `all 3 name redis-0 (${network}.1:6379); a quorum of 2 is reachable`,
      [check.tilt]: "sentinel-0, sentinel-1 and sentinel-2 can start a failover",
      [check.client]: "the Sentinels direct clients to redis-0",
    });
  });

  test("names a node that keeps damaged data files, with their size", async () => {
    const usual = "{title} {listen-addr} {server-mode}";
    await set.call(otherReplica, "CONFIG", "SET", "proc-title-template", `${usual} keeps-damaged-files-kib=12`);
    const { checks } = await verifySet();
    await set.call(otherReplica, "CONFIG", "SET", "proc-title-template", usual);
    expect(checks.find(({ name }) => name === check.settings)).toMatchObject({
      state: "passed",
      saw: expect.stringMatching(/; redis-2 keeps 12 KiB of files that it could not load$/),
    });
  });

  test("reports the progress of each check once", async () => {
    const lines: string[] = [];
    const report = await verifySet({ progress: (line) => lines.push(line) });
    expect(lines.toSorted()).toEqual(report.checks.map(describeOutcome).toSorted());
  });

  test("leaves neither keys nor connections behind", async () => {
    await set.call(master, "SET", "of-an-application", "kept");
    const before = await traces();
    expectPassed(await verifySet());
    // A server notices with a short delay that a client has disconnected.
    await expect.poll(traces).toEqual(before);
    expect(await set.call(master, "GET", "of-an-application")).toBe("kept");
    await set.call(master, "DEL", "of-an-application");
  });

  test("uses the published ports if only these reach the set", async () => {
    await set.publish();
    const report = await verifySet({ mode: "published" });
    expectPassed(report);
    expect(report.mode).toBe("published");
  });

  test("fails at once with a wrong password, and runs no other check", async () => {
    const report = await verify(verificationTarget(set.topology, { password: "not-the-password" }));
    const [reached, ...others] = report.checks;
    expect(reached).toMatchObject({
      name: check.reachable,
      state: "failed",
      findings: set.topology.dataNodes.map(({ name, endpoint, published }) => ({
        problem: [endpoint, published]
          .map(({ host, port }) => `refuses the password at ${host}:${port}: ${wrongPassword}`)
          .join(" and ")
          .replace(/^/, `${name} `),
        lookAt: `the log of ${name}`,
      })),
    });
    expect(others.map((outcome) => outcome.state === "not run" && outcome.because)).toEqual(
      others.map(() => check.reachable),
    );
  });

  test("ends when its caller aborts it", async () => {
    const reason = new Error("interrupted by the test");
    const controller = new AbortController();
    const target = verificationTarget(set.topology, { password });
    const unreachable = { ...target, sentinels: [{ ...sentinel, endpoint: { host: `${network}.99`, port: 26379 } }] };
    const progress = () => controller.abort(reason);
    await expect(verify(unreachable, { signal: controller.signal, progress })).rejects.toBe(reason);
  });

  test.each(faults)(
    "detects $what, and no other check fails",
    async ({ inject, repair, plan, failed, lookAt, notRun }) => {
      try {
        await inject();
        const report = await verifySet({ deadline: shortDeadline }, plan);
        const failures = report.checks.filter((outcome) => outcome.state === "failed");
        const problems = failures.map(({ name, findings }) => [name, findings.map(({ problem }) => problem)]);
        expect(Object.fromEntries(problems)).toEqual(failed);
        expect([...new Set(failures.flatMap(({ findings }) => findings.map((finding) => finding.lookAt)))]).toEqual(
          lookAt,
        );
        const waiting = report.checks.filter((outcome) => outcome.state === "not run");
        expect(Object.fromEntries(waiting.map(({ name, because }) => [name, because]))).toEqual(notRun);
        expect(report.passed).toBe(false);
      } finally {
        await repair();
      }
      expectPassed(await verifySet());
    },
    30_000,
  );
});

/** Runs the verification. The default deadline is long enough for the replicas to get in sync. */
function verifySet(
  options: VerificationOptions = { deadline: 20_000 },
  plan = set.topology,
): Promise<VerificationReport> {
  return verify(verificationTarget(plan, { password }), options);
}

function expectPassed(report: VerificationReport): void {
  expect(report.passed, describeReport(report)).toBe(true);
}

async function onEveryDataNode(minReplicas: string): Promise<void> {
  for (const node of set.topology.dataNodes) {
    await set.call(node, "CONFIG", "SET", "min-replicas-to-write", minReplicas);
  }
}

async function breakLink(node: NodePlan): Promise<void> {
  await set.call(node, "CLIENT", "KILL", "TYPE", "master");
}

/** Makes a replica announce another address. It announces its address when it connects, so its link is broken. */
async function announce(node: NodePlan, address: string): Promise<void> {
  await set.call(node, "CONFIG", "SET", "replica-announce-ip", address);
  await breakLink(node);
}

function forgetting({ host, port }: Endpoint): string {
  const reset = `redis-cli -h ${host} -p ${port} --askpass SENTINEL RESET mymaster`;
  return `${reset} removes it (reset one Sentinel at a time, 30 s apart, while the master is healthy)`;
}

/** The keys and client connections on every data node, which show whether a client was there. */
async function traces(): Promise<unknown> {
  return Promise.all(
    set.topology.dataNodes.map(async (node) => ({
      keys: String(await set.call(node, "INFO", "keyspace")).match(/^db\d+:keys=\d+/gm),
      clients: String(await set.call(node, "CLIENT", "LIST", "TYPE", "normal"))
        .match(/^id=\d+/gm)
        ?.toSorted(),
    })),
  );
}

async function repliesOf(question: string): Promise<string> {
  return JSON.stringify(await set.call(sentinel, "SENTINEL", question, "mymaster"));
}
