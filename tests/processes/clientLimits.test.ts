import { connect } from "node:net";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientLimits } from "../../topology/clientLimits.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../../topology/topology.ts";
import { hasHaproxy, LoopbackGateway } from "../support/processes/loopbackGateway.ts";
import { redisBinary } from "../support/processes/loopbackSet.ts";
import { eventually, ScriptedSet } from "../support/processes/scriptedSet.ts";
import { type Greed, greeds, greedyValue, UnreadingClient } from "../support/stacks/greedyClients.ts";
import { SteadyWriter } from "../support/stacks/steadyWriter.ts";

/** Ports that no other test has: those are below. */
const firstPort = 30_000;

/** What a data node of 256 MB has. */
const redis = { maxmemory: 115 * 1024 ** 2, maxmemoryPolicy: "noeviction", clientBuffers: 8 * 1024 ** 2 } as const;

const limits = clientLimits(redis.clientBuffers);

describe.skipIf(redisBinary === undefined || !hasHaproxy)("clients that take more than their share", () => {
  let set: ScriptedSet;
  let gateway: LoopbackGateway;
  let master: DataNodePlan;
  let replica: DataNodePlan;

  beforeAll(async () => {
    set = await new ScriptedSet(firstPort, { shell: "dash", redis }).prepare();
    set.startAll();
    master = await set.well();
    replica = set.topology.dataNodes.find((node) => node !== master) as DataNodePlan;
    gateway = new LoopbackGateway(set);
    await gateway.start();
    await leadsToMaster();
    await set.call(master, "SET", greedyValue.key, "v".repeat(greedyValue.bytes));
  });

  afterAll(async () => {
    await gateway.stop();
    await set.remove();
  });

  test.each(greeds)("a client $what is disconnected by the master, and the others are served", async (greed) => {
    await expectToBear(master, greed);
  });

  test.each(greeds.filter(({ onReplicas }) => onReplicas))(
    "a client $what is disconnected by a replica, and the others are served",
    async (greed) => {
      await expectToBear(replica, greed);
    },
  );

  test("a client that reads none of a Sentinel's answers is disconnected, and the Sentinel goes on", async () => {
    const [sentinel] = set.topology.sentinels as unknown as [NodePlan];
    await expectToBear(sentinel, {
      what: "that reads none of a Sentinel's answers",
      clients: 1,
      onReplicas: false,
      begin: (client) => {
        for (let count = 0; count < 40_000; count += 1) {
          client.send("SENTINEL", "MASTERS");
        }
      },
    });
  });

  test("of 10,000 idle connections the master refuses those beyond its limit, and serves those it has", async () => {
    const application = await connected(new Redis({ ...master.endpoint, ...once }));
    await whileOthersAreServed(application, async (writer) => {
      await whileIdle(master.endpoint, async () => {
        await eventually(async () => expect(await info(application, "rejected_connections")).toBeGreaterThan(9000));
        expect(await info(application, "connected_clients")).toBeLessThanOrEqual(limits.connections);
        await writes(writer, 20);
      });
    });
  });

  test("10,000 idle connections to a gateway leave the set's own to the set, and the others are served", async () => {
    const application = await connected(gateway.client(gateway.plan, once));
    await whileOthersAreServed(application, async (writer) => {
      await whileIdle(gateway.plan.endpoint, async () => {
        await eventually(async () =>
          expect(await info(application, "connected_clients")).toBeGreaterThan(gateway.plan.connections),
        );
        await writes(writer, 100);
        expect(await info(application, "connected_clients")).toBeLessThan(limits.connections);
        expect(await set.call(master, "PING")).toBe("PONG");
      });
    });
  });

  /** Has greedy clients do their worst, until the node has disconnected as many of them as it must. */
  async function expectToBear(node: NodePlan, greed: Greed): Promise<void> {
    const application = await connected(gateway.client(gateway.plan, once));
    await whileOthersAreServed(application, async (writer) => {
      const clients = await Promise.all(
        Array.from({ length: greed.clients }, () => UnreadingClient.connect(node.endpoint, set.password, "greedy")),
      );
      try {
        for (const client of clients) {
          greed.begin(client);
        }
        await eventually(async () => expect(await greedyOn(node)).toBeLessThan(greed.clients));
        await writes(writer, 20);
      } finally {
        for (const client of clients) {
          client.close();
        }
      }
    });
  }

  async function greedyOn(node: NodePlan): Promise<number> {
    const list = (await set.call(node, "CLIENT", "LIST")) as string;
    return list.split("\n").filter((line) => line.includes(" name=greedy ")).length;
  }

  /** No node restarts, the master stays, and no write of an application fails. */
  async function whileOthersAreServed(
    application: Redis,
    action: (writer: SteadyWriter) => Promise<void>,
  ): Promise<void> {
    const before = serverIds();
    const writer = new SteadyWriter(application);
    try {
      await action(writer);
    } finally {
      await writer.close();
    }
    expect(writer.failures).toEqual([]);
    expect(serverIds()).toEqual(before);
    expect(await set.well()).toBe(master);
    await leadsToMaster();
  }

  async function leadsToMaster(): Promise<void> {
    await eventually(async () => expect(await gateway.up("master")).toEqual([master.name, "nobody-yet"]));
  }

  function serverIds(): readonly number[] {
    return [...set.topology.dataNodes, ...set.topology.sentinels].map((node) => set.serverId(node));
  }

  async function connected(application: Redis): Promise<Redis> {
    application.options.password = set.password;
    application.on("error", () => undefined);
    await application.connect();
    return application;
  }
});

/** So that a failed command or connection is seen, and not repeated. */
const once = { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null } as const;

/** Waits until the writer has written so many times more. */
async function writes(writer: SteadyWriter, count: number): Promise<void> {
  const before = writer.written;
  await eventually(() => expect(writer.written).toBeGreaterThanOrEqual(before + count));
}

/** While 10,000 connections are opened that are never used. */
async function whileIdle({ host, port }: Endpoint, action: () => Promise<void>): Promise<void> {
  const idle = Array.from({ length: 10_000 }, () => connect(port, host).on("error", () => undefined));
  try {
    await action();
  } finally {
    for (const socket of idle) {
      socket.destroy();
    }
  }
}

async function info(client: Redis, field: string): Promise<number> {
  const text = await client.info("everything");
  return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(text)?.[1]);
}
