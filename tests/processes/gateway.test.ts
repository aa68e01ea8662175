import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { CheckOutcome } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import { verificationTarget } from "../../redis/target.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { signal, test } from "../support/processes/gatewayTest.ts";
import { type LoopbackGateway, statisticsPassword } from "../support/processes/loopbackGateway.ts";
import { eventually, type ScriptedSet } from "../support/processes/scriptedSet.ts";

/** Makes a client retry writes that a restarted master refuses until a majority of the Sentinels names it. */
const retryRefusedWrites = {
  reconnectOnError: (error: Error) => (error.message.startsWith("NOREPLICAS") ? 2 : false),
} as const;

describe.concurrent("a gateway", () => {
  test("routes writes to the master, and reads to its replicas in turn", async ({ ready }) => {
    const { gateway, master, replicas } = await ready({ password: 'correct horse: "battery" $1' });
    expect(await gateway.ask(gateway.plan)).toBe(master.name);
    expect(await readers(gateway)).toEqual(replicas.map(({ name }) => name));
  });

  // HAProxy treats every check as passed until its first result, so a connection at that moment may reach a replica.
  test("acknowledges no write that the master does not have, even right after its start", async ({
    newSet,
    newGateway,
  }) => {
    const set = await newSet({ shell: "dash" });
    set.startAll();
    const master = await set.healthy();
    const gateway = await newGateway(set);
    const taken: string[] = [];
    for (const end = performance.now() + 1000; performance.now() < end; ) {
      const client = gateway.client(gateway.plan, { maxRetriesPerRequest: 0, retryStrategy: () => null });
      const key = `written-${taken.length}`;
      await client.set(key, "value").then(
        () => taken.push(key),
        (error: Error) => expect(error.message).toMatch(/^READONLY|closed|ECONN|retries/),
      );
      client.disconnect();
    }
    expect(taken.length).toBeGreaterThan(0);
    expect(await set.call(master, "EXISTS", ...taken)).toBe(taken.length);
  });

  test("follows the Sentinels if two nodes report themselves as the master, and routes to none without a majority", async ({
    ready,
  }) => {
    const { set, gateway, master, replicas } = await ready();
    const writer = gateway.client();
    await writer.set("before", "1");
    await set.call(replicas[0], "REPLICAOF", "NO", "ONE");
    await eventually(async () => expect(await gateway.up("says-master")).toEqual([master.name, replicas[0].name]));
    expect(await gateway.up("master")).toEqual([master.name, "no-node-yet"]);
    expect(await gateway.ask(gateway.plan)).toBe(master.name);

    const majority = set.topology.sentinels.slice(1);
    signal(set, majority, "SIGSTOP");
    await eventually(async () => expect(await gateway.up("master")).toEqual(["no-node-yet"]));
    await expect(gateway.ask(gateway.plan, 500)).rejects.toThrow("Command timed out");
    const waiting = writer.set("between", "1");
    signal(set, majority, "SIGCONT");
    expect(await waiting).toBe("OK");
    expect(await set.call(master, "GET", "between")).toBe("1");
  });

  test("waits in its check of the node that gets writes, and not in the check of a node that was just promoted", async ({
    ready,
  }) => {
    const { set, master, replicas } = await ready();
    const waits = await Promise.all([master, replicas[0]].map((node) => waitsIn(set, node)));
    await set.call(replicas[0], "REPLICAOF", "NO", "ONE");
    await eventually(() => expect(waits.map((milliseconds) => milliseconds.size)).toEqual([1, 1]));
    expect(waits).toEqual([new Set(["200"]), new Set(["1"])]);
  });

  test("routes to the only node that reports itself as the master if no Sentinel answers", async ({ ready }) => {
    const { set, gateway, master } = await ready();
    await set.stop(set.topology.sentinels);
    await eventually(async () => expect(await gateway.up(`names-${master.name}`)).toEqual([]));
    expect(await gateway.ask(gateway.plan)).toBe(master.name);
  });

  test("routes reads to replicas in sync, and to the master only while no replica is in sync", async ({ ready }) => {
    const { set, gateway, master, replicas } = await ready();
    await breakLink(set, replicas[0]);
    await eventually(async () => expect(await readers(gateway)).toEqual([replicas[1].name]));
    await breakLink(set, replicas[1]);
    await eventually(async () => expect(await readers(gateway)).toEqual([master.name]));
    const reader = gateway.client(gateway.plan.reads);
    expect(await reader.ping()).toBe("PONG");
    await set.call(replicas[1], "CONFIG", "SET", "masterauth", set.password);
    await eventually(async () => expect(await readers(gateway)).toEqual([replicas[1].name]));
    // The reader's connection to the master was closed, and its next connection leads to the replica.
    await expect(reader.set("written", "by a reader")).rejects.toThrow("READONLY");
  });

  test("lets connections wait while there is no master, and stays healthy", async ({ ready }) => {
    const { set, gateway, master } = await ready({ sentinels: 1 });
    await set.stop([...set.topology.sentinels, master]);
    await eventually(async () => expect(await gateway.up("master")).toEqual(["no-node-yet"]));
    const written = gateway.client(gateway.plan, retryRefusedWrites).set("written", "while there was no master");
    expect(await health(gateway)).toEqual([200, "reaches the set"]);
    set.start(master, ...set.topology.sentinels);
    expect(await written).toBe("OK");
  });

  test("reports itself as unhealthy if it reaches no node", async ({ ready }) => {
    const { set, gateway } = await ready();
    await set.stop();
    await eventually(async () => expect(await health(gateway)).toEqual([503, "reaches no data node and no Sentinel"]));
  });

  test("shows its statistics only to its user, and its metrics without a login", async ({ ready }) => {
    const { gateway } = await ready();
    expect((await gateway.get("/")).status).toBe(401);
    expect((await gateway.get("/", `operator:${statisticsPassword}x`)).status).toBe(401);
    expect((await gateway.get("/", `admin:${statisticsPassword}`)).status).toBe(401);
    const page = await gateway.get("/", `operator:${statisticsPassword}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("the node that receives writes")]);
    expect((await gateway.get("/metrics")).status).toBe(200);
  });

  test("passes the verification only if its routes and its login work", async ({ ready }) => {
    const { set, gateway } = await ready();
    const passed = await verified(set, gateway, statisticsPassword);
    expect(passed.map((outcome) => outcome.state === "passed" && outcome.saw)).toEqual([
      expect.stringMatching(/^writes to redis-0, reads to redis-[12]$/),
      "a wrong login is refused; operator sees the statistics",
    ]);
    const [, refused] = await verified(set, gateway, "another-password-of-the-page");
    expect(problemsOf(refused)).toEqual([
      `${gateway.plan.name}: answers the right login with HTTP 401; 200 is expected`,
    ]);
    await gateway.stop();
    const [unreached] = await verified(set, gateway, statisticsPassword);
    const { host, port } = gateway.plan.endpoint;
    expect(problemsOf(unreached)).toEqual([
      `${gateway.plan.name} (writes) does not accept a connection at ${host}:${port}: connect ECONNREFUSED ${host}:${port}`,
    ]);
  });

  test("has a configuration that HAProxy accepts without a warning", async ({ newSet, newGateway }) => {
    const gateway = await newGateway(await newSet({ shell: "dash" }));
    expect(await gateway.checkConfiguration()).toEqual({ exitCode: 0, output: "" });
  });
});

/** The names of the nodes that four new connections for reads reach. */
async function readers(gateway: LoopbackGateway): Promise<readonly string[]> {
  const answers = [0, 1, 2, 3].map(() => gateway.ask(gateway.plan.reads));
  return [...new Set(await Promise.all(answers))].toSorted();
}

async function health(gateway: LoopbackGateway): Promise<readonly [number, string]> {
  const answer = await gateway.get("/health");
  return [answer.status, await answer.text()];
}

/** The outcomes of the verification's checks of gateways, which retry for half a second. */
async function verified(
  set: ScriptedSet,
  gateway: LoopbackGateway,
  gatewayPassword: string,
): Promise<readonly CheckOutcome[]> {
  const secrets = { password: set.password, gatewayPassword };
  const target = verificationTarget({ ...set.topology, gateways: [gateway.plan] }, secrets);
  const { checks } = await verify(target, { deadline: 500, mode: "inside" });
  return checks.filter(({ name }) => name.startsWith("every gateway"));
}

function problemsOf(outcome: CheckOutcome | undefined): readonly string[] {
  return outcome?.state === "failed" ? outcome.findings.map(({ problem }) => problem) : [];
}

async function breakLink(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "CONFIG", "SET", "masterauth", "not-the-password");
  await set.call(node, "CLIENT", "KILL", "TYPE", "master");
}

/** Milliseconds for which the script repoint-replicas.sh of each node waits. */
const scriptWait = "1000";

/** Collects the milliseconds for which a gateway's checks wait in XREAD at a node, from now until the set is stopped. */
async function waitsIn(set: ScriptedSet, { endpoint }: DataNodePlan): Promise<ReadonlySet<string>> {
  const waits = new Set<string>();
  const client = new Redis({ ...endpoint, password: set.password, retryStrategy: () => null });
  client.on("error", () => undefined);
  const monitor = await client.monitor();
  monitor.on("monitor", (_time: string, [command, , milliseconds = ""]: string[]) => {
    if (command?.toUpperCase() === "XREAD" && milliseconds !== scriptWait) {
      waits.add(milliseconds);
    }
  });
  return waits;
}
