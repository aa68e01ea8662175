import { describe, expect } from "vitest";
import type { CheckOutcome } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import { verificationTarget } from "../../redis/target.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { signal, test } from "../support/processes/gatewayTest.ts";
import { type LoopbackGateway, statisticsPassword } from "../support/processes/loopbackGateway.ts";
import { eventually, type ScriptedSet } from "../support/processes/scriptedSet.ts";

/** A master that is back refuses writes until the Sentinels see it. */
const untilItTakesWrites = {
  reconnectOnError: (error: Error) => (error.message.startsWith("NOREPLICAS") ? 2 : false),
} as const;

describe.concurrent("a gateway", () => {
  test("leads writes to the master, and reads to its replicas in turn", async ({ ready }) => {
    const { gateway, master, replicas } = await ready({ password: 'correct horse: "battery" $1' });
    expect(await gateway.ask(gateway.plan)).toBe(master.name);
    expect(await readers(gateway)).toEqual(replicas.map(({ name }) => name));
  });

  // HAProxy takes every check for passed until its first answer, so that a connection of that moment may lead to a replica.
  test("has writes taken by the master alone from its first moment on", async ({ newSet, newGateway }) => {
    const set = await newSet({ shell: "dash" });
    set.startAll();
    const master = await set.well();
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

  test("between two masters asks the Sentinels, and without their majority leads nowhere", async ({ ready }) => {
    const { set, gateway, master, replicas } = await ready();
    const writer = gateway.client();
    await writer.set("before", "1");
    await set.call(replicas[0], "REPLICAOF", "NO", "ONE");
    await eventually(async () => expect(await gateway.up("says-master")).toEqual([master.name, replicas[0].name]));
    expect(await gateway.up("master")).toEqual([master.name, "nobody-yet"]);
    expect(await gateway.ask(gateway.plan)).toBe(master.name);

    const majority = set.topology.sentinels.slice(1);
    signal(set, majority, "SIGSTOP");
    await eventually(async () => expect(await gateway.up("master")).toEqual(["nobody-yet"]));
    await expect(gateway.ask(gateway.plan, 500)).rejects.toThrow("Command timed out");
    const waiting = writer.set("between", "1");
    signal(set, majority, "SIGCONT");
    expect(await waiting).toBe("OK");
    expect(await set.call(master, "GET", "between")).toBe("1");
  });

  test("without any Sentinel leads to the one node that says it is the master", async ({ ready }) => {
    const { set, gateway, master } = await ready();
    await set.stop(set.topology.sentinels);
    await eventually(async () => expect(await gateway.up(`names-${master.name}`)).toEqual([]));
    expect(await gateway.ask(gateway.plan)).toBe(master.name);
  });

  test("leads reads to replicas in sync, and to the master only while there is none", async ({ ready }) => {
    const { set, gateway, master, replicas } = await ready();
    await breakLink(set, replicas[0]);
    await eventually(async () => expect(await readers(gateway)).toEqual([replicas[1].name]));
    await breakLink(set, replicas[1]);
    await eventually(async () => expect(await readers(gateway)).toEqual([master.name]));
    const reader = gateway.client(gateway.plan.reads);
    expect(await reader.ping()).toBe("PONG");
    await set.call(replicas[1], "CONFIG", "SET", "masterauth", set.password);
    await eventually(async () => expect(await readers(gateway)).toEqual([replicas[1].name]));
    // Its connection to the master was closed, and the next one leads to the replica.
    await expect(reader.set("written", "by a reader")).rejects.toThrow("READONLY");
  });

  test("lets connections wait while there is no master, and is not unwell meanwhile", async ({ ready }) => {
    const { set, gateway, master } = await ready({ sentinels: 1 });
    await set.stop([...set.topology.sentinels, master]);
    await eventually(async () => expect(await gateway.up("master")).toEqual(["nobody-yet"]));
    const written = gateway.client(gateway.plan, untilItTakesWrites).set("written", "while there was no master");
    expect(await health(gateway)).toEqual([200, "reaches the set"]);
    set.start(master, ...set.topology.sentinels);
    expect(await written).toBe("OK");
  });

  test("is unhealthy when it reaches no node, and says so", async ({ ready }) => {
    const { set, gateway } = await ready();
    await set.stop();
    await eventually(async () => expect(await health(gateway)).toEqual([503, "reaches no data node and no Sentinel"]));
  });

  test("shows its statistics to its user only, and its metrics without a login", async ({ ready }) => {
    const { gateway } = await ready();
    expect((await gateway.get("/")).status).toBe(401);
    expect((await gateway.get("/", `operator:${statisticsPassword}x`)).status).toBe(401);
    expect((await gateway.get("/", `admin:${statisticsPassword}`)).status).toBe(401);
    const page = await gateway.get("/", `operator:${statisticsPassword}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("the node that receives writes")]);
    expect((await gateway.get("/metrics")).status).toBe(200);
  });

  test("is verified by where it leads and by whom it lets in", async ({ ready }) => {
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

  test("has a configuration that HAProxy takes without a word", async ({ newSet, newGateway }) => {
    const gateway = await newGateway(await newSet({ shell: "dash" }));
    expect(await gateway.checkConfiguration()).toEqual({ exitCode: 0, said: "" });
  });
});

/** The names of the nodes that the next connections for reads lead to. */
async function readers(gateway: LoopbackGateway): Promise<readonly string[]> {
  const led = [0, 1, 2, 3].map(() => gateway.ask(gateway.plan.reads));
  return [...new Set(await Promise.all(led))].toSorted();
}

async function health(gateway: LoopbackGateway): Promise<readonly [number, string]> {
  const answer = await gateway.get("/health");
  return [answer.status, await answer.text()];
}

/** What the verification says of gateways; it has half a second for what may still come. */
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
