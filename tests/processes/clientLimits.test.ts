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

/** The first port of this set. The other tests use lower ports. */
const firstPort = 30_000;

/** The planned values of a data node with 256 MB. */
const redis = { maxmemory: 115 * 1024 ** 2, maxmemoryPolicy: "noeviction", clientBuffers: 8 * 1024 ** 2 } as const;

const limits = clientLimits(redis.clientBuffers);

describe.skipIf(redisBinary === undefined || !hasHaproxy)("the client limits", () => {
  let set: ScriptedSet;
  let gateway: LoopbackGateway;
  let master: DataNodePlan;
  let replica: DataNodePlan;

  beforeAll(async () => {
    set = await new ScriptedSet(firstPort, { shell: "dash", redis }).prepare();
    set.startAll();
    master = await set.healthy();
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

  test.each(greeds)("make the master disconnect a client $what, while other clients are served", async (greed) => {
    await expectToSurvive(master, greed);
  });

  test.each(greeds.filter(({ onReplicas }) => onReplicas))(
    "make a replica disconnect a client $what, while other clients are served",
    async (greed) => {
      await expectToSurvive(replica, greed);
    },
  );

  test("make a Sentinel disconnect a client that reads no answers, while other clients are served", async () => {
    const [sentinel] = set.topology.sentinels as unknown as [NodePlan];
    await expectToSurvive(sentinel, {
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

  test("make the master refuse connections above its limit when 10,000 idle connections are opened", async () => {
    const application = await connected(new Redis({ ...master.endpoint, ...once }));
    await whileOthersAreServed(application, async (writer) => {
      await whileIdle(master.endpoint, async () => {
        await eventually(async () => expect(await info(application, "rejected_connections")).toBeGreaterThan(9000));
        expect(await info(application, "connected_clients")).toBeLessThanOrEqual(limits.connections);
        await writes(writer, 20);
      });
    });
  });

  test("keep connections free for the set itself when 10,000 idle connections are opened to a gateway", async () => {
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

  /** Runs greedy clients until the node has disconnected at least one of them. */
  async function expectToSurvive(node: NodePlan, greed: Greed): Promise<void> {
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

  /** Expects that during the action no node restarts, the master stays the master and no application's write fails. */
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
    expect(await set.healthy()).toBe(master);
    await leadsToMaster();
  }

  async function leadsToMaster(): Promise<void> {
    await eventually(async () => expect(await gateway.up("master")).toEqual([master.name, "no-node-yet"]));
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

/** Client options that report a failed command or connection instead of retrying it. */
const once = { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null } as const;

/** Waits until the writer has made `count` more writes. */
async function writes(writer: SteadyWriter, count: number): Promise<void> {
  const before = writer.written;
  await eventually(() => expect(writer.written).toBeGreaterThanOrEqual(before + count));
}

/** Runs an action while 10,000 unused connections are opened and held. */
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
