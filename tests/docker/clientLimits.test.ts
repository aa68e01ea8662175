import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import type { DeployedSet } from "../../topology/outputs.ts";
import type { NodePlan } from "../../topology/topology.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { smallSet } from "../support/docker/places.ts";
import { askNode } from "../support/stacks/application.ts";
import { type Greed, greeds, greedyValue, UnreadingClient } from "../support/stacks/greedyClients.ts";
import { SteadyWriter } from "../support/stacks/steadyWriter.ts";

const set = smallSet("ha-test-limits");

/** The memory of a container is limited, so a server that uses more than planned would be killed. */
describeWithDocker("a data node with 256 MB", () => {
  let deployment: Deployment;
  let deployed: DeployedSet;
  let master: NodePlan;
  let replica: NodePlan;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    deployed = await deployment.deployedSet();
    [master, replica] = deployed.topology.dataNodes as unknown as [NodePlan, NodePlan];
    await askNode(deployed, master, "SET", greedyValue.key, "v".repeat(greedyValue.bytes));
    return () => deployment.dispose();
  });

  test.each(greeds)("survives a client $what if it is the master, and serves other clients", async (greed) => {
    await expectToSurvive(master, greed);
  });

  test.each(greeds.filter(({ onReplicas }) => onReplicas))(
    "survives a client $what if it is a replica, and the master serves other clients",
    async (greed) => {
      await expectToSurvive(replica, greed);
    },
  );

  async function expectToSurvive(node: NodePlan, greed: Greed): Promise<void> {
    const before = await starts();
    const writer = new SteadyWriter(await application());
    const clients = await Promise.all(
      Array.from({ length: greed.clients }, () => UnreadingClient.connect(node.published, deployed.password, "greedy")),
    );
    try {
      for (const client of clients) {
        greed.begin(client);
      }
      await expect.poll(() => greedyOn(node), { timeout: 20_000 }).toBeLessThan(greed.clients);
      const { written } = writer;
      await expect.poll(() => writer.written, { timeout: 20_000 }).toBeGreaterThan(written + 20);
    } finally {
      for (const client of clients) {
        client.close();
      }
      await writer.close();
    }
    expect(writer.failures).toEqual([]);
    expect(await starts()).toEqual(before);
    expect(await askNode(deployed, master, "ROLE")).toContain("master");
  }

  /** The start time and the number of restarts of each data node. */
  async function starts(): Promise<readonly string[]> {
    const containers = await deployment.onDocker.containers();
    return ["redis-0", "redis-1"].map(
      (part) => `${part} ${containers[part]?.State.StartedAt} ${containers[part]?.RestartCount}`,
    );
  }

  async function greedyOn(node: NodePlan): Promise<number> {
    const list = (await askNode(deployed, node, "CLIENT", "LIST")) as string;
    return list.split("\n").filter((line) => line.includes(" name=greedy ")).length;
  }

  /** Connects a client to the master that does not retry failed commands. */
  async function application(): Promise<Redis> {
    const client = new Redis({
      ...master.published,
      password: deployed.password,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }
});
