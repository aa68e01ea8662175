import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { beforeAll, describe, expect, test } from "vitest";
import { until } from "../../toolchain/base/until.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { type CommandResult, Deployment } from "../support/docker/deployment.ts";
import { bareSet } from "../support/docker/places.ts";
import { applicationClient } from "../support/stacks/application.ts";
import { checkNames, nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

const set = bareSet("ha-test-interruption");

/** The number of updates that are killed at a random moment. Set REDIS_HA_KILLS=50 for more. */
const randomKills = Number(process.env["REDIS_HA_KILLS"] ?? 1);

/** Milliseconds within which the first container of an update appears on a busy machine. */
const containerLimit = {
  timeout: 60_000,
  interval: 10,
  failure: () => new Error("there is no container after a minute"),
};

/** Determines the random moments. Set REDIS_HA_KILL_SEED to repeat them. */
const seed = Number(process.env["REDIS_HA_KILL_SEED"] ?? Date.now() % 1_000_000);

describeWithDocker("a deployment that is killed with all its processes", () => {
  let deployment: Deployment;
  let deployed: DeployedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("leaves nothing after `npm run down` if its first container exists and is not in its state", async () => {
    const update = deployment.up();
    expect(await deployment.killedAt(update, until(hasContainer, containerLimit)), (await update).output).toBe(true);
    await deployment.cancel();
    expect(await deployment.onDocker.everything()).not.toEqual([]);
    const { exitCode, output } = await deployment.operate("down", ["--yes"], {});
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/removing container ha-test-interruption-\S+, left by a killed update/);
    expect(await deployment.onDocker.everything()).toEqual([]);
  });

  describe("while it creates the set", () => {
    test.each([
      ["the network is being created", /:Network \S+ creating/],
      ["the network has been created", /:Network \S+ created/],
      ["volumes are being created", /:Volume \S+-redis-1-data creating/],
      ["the first container is being created", /:Container \S+ creating/],
      ["the first master has been created", /:Container \S+-redis-0 created/],
      ["the second data node is being created", /:Container \S+-redis-1 creating/],
      ["the last container is being created", /:Container \S+-redis-2 creating/],
      ["the set is being verified", /:Stash \S+-fingerprint creating/],
    ])("is continued by the next update if %s", async (_moment, line) => {
      await expectToBeKilled(deployment.up(), line);
    });

    test("is completed by an update that is not killed", async () => {
      const output = await expectToConverge();
      expect(checkNames(output, "✓")).toHaveLength(12);
      deployed = await deployment.deployedSet();
      await asApplication((client) => client.set("kept", "whatever happens"));
    });
  });

  describe("while it rolls out a change", () => {
    test.each([
      ["a replica is being stopped", /:Container \S+-redis-\d deleting original/],
      ["a replica has been removed", /:Container \S+-redis-\d deleted original/],
      ["a replica is being replaced", /:Container \S+-redis-\d creating replacement/],
      ["a replica has been replaced", /:Container \S+-redis-\d created replacement/],
      ["the next node is being stopped", /:Container \S+-redis-\d deleting original/],
      ["the next node is being replaced", /:Container \S+-redis-\d creating replacement/],
    ])("is continued by the next update if %s", async (_moment, line) => {
      await deployment.configure({ ...set, redis: { timeout: "61s" } });
      await expectToBeKilled(deployment.up(), line);
    });

    test("is completed by an update that is not killed, and no data is lost", async () => {
      await expectToConverge();
      await expectDataToBeThere();
    });
  });

  describe("while it removes nodes", () => {
    test("is continued by the next update if a node is being stopped", async () => {
      await deployment.configure({ ...set, replicas: 1 });
      // Which Sentinels still have to forget a node is random: a restarted Sentinel does not list removed nodes.
      await expectToBeKilled(deployment.up(), /stopping redis-2, which left the plan/);
    });

    test("is completed by the next update if a node is being deleted", async () => {
      await expectToBeKilled(deployment.up(), /:Container \S+-redis-2 deleting/);
      await expectToConverge();
      await expectDataToBeThere();
    });
  });

  test.each(moments())(
    "is completed by the next update at a random moment (%d ms into a change, seed %d)",
    async (at) => {
      await deployment.configure({ ...set, replicas: 1, redis: { timeout: `${100 + at}s` } });
      await deployment.killedAt(deployment.up(), delay(at));
      await expectToConverge();
      await expectDataToBeThere();
    },
  );

  describe("while it destroys the set", () => {
    test("is followed by an update that brings the whole set up again, if containers are being removed", async () => {
      await expectToBeKilled(deployment.down(), /:Container \S+-redis-\d deleted/);
      // The state still lists the objects that were removed right before the kill.
      await expectToConverge("--refresh");
    });

    test.each([
      ["the first container is being removed", /:Container \S+ deleting/],
      ["data is being removed", /:Volume \S+ deleting/],
      ["the network is being removed", /:Network \S+ deleting/],
    ])("is continued by the next `down` if %s", async (_moment, line) => {
      await expectToBeKilled(deployment.down(), line);
    });

    test("leaves nothing after a `down` that is not killed", async () => {
      await deployment.cancel();
      const { exitCode, output } = await deployment.down();
      expect(exitCode, output).toBe(0);
      expect(await deployment.onDocker.everything()).toEqual([]);
    });
  });

  async function hasContainer(): Promise<boolean> {
    return Object.keys(await deployment.onDocker.containers()).length > 0;
  }

  async function expectToBeKilled(command: Promise<CommandResult>, line: RegExp): Promise<void> {
    expect(await deployment.killedAt(command, line), (await command).output).toBe(true);
    await deployment.cancel();
  }

  async function expectToConverge(...options: readonly string[]): Promise<string> {
    await deployment.cancel();
    const { exitCode, output } = await deployment.up(...options);
    expect(exitCode, output).toBe(0);
    expect(output).not.toMatch(stackTrace);
    const again = await deployment.up();
    expect(resources(again.output), again.output).toEqual([expect.stringMatching(nothingChanged)]);
    return output;
  }

  async function expectDataToBeThere(): Promise<void> {
    expect(await asApplication((client) => client.get("kept"))).toBe("whatever happens");
  }

  async function asApplication<Answer>(use: (client: Redis) => Promise<Answer>): Promise<Answer> {
    const client = applicationClient(deployed);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }
});

/** Random times after the start of an update in milliseconds. A seed repeats them (mulberry32). */
function moments(): readonly (readonly [at: number, seed: number])[] {
  let state = seed;
  return Array.from({ length: randomKills }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return [2000 + (((mixed ^ (mixed >>> 14)) >>> 0) % 8000), seed] as const;
  });
}
