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

/** How many updates are killed at a moment of chance; more by REDIS_HA_KILLS=50. */
const chances = Number(process.env["REDIS_HA_KILLS"] ?? 1);

/** Milliseconds in which the first container of an update appears on a busy machine. */
const patience = {
  timeout: 60_000,
  interval: 10,
  failure: () => new Error("there is no container after a minute"),
};

/** Names the moments of chance; the same again by REDIS_HA_KILL_SEED. */
const seed = Number(process.env["REDIS_HA_KILL_SEED"] ?? Date.now() % 1_000_000);

describeWithDocker("a deployment that is killed with everything it has started", () => {
  let deployment: Deployment;
  let deployed: DeployedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("when its first container exists and its state does not know it: `npm run down` leaves nothing", async () => {
    const update = deployment.up();
    expect(await deployment.killedAt(update, until(hasContainer, patience)), (await update).output).toBe(true);
    await deployment.cancel();
    expect(await deployment.onDocker.everything()).not.toEqual([]);
    const { exitCode, output } = await deployment.operate("down", ["--yes"], {});
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/removing container ha-test-interruption-\S+, which a killed update left/);
    expect(await deployment.onDocker.everything()).toEqual([]);
  });

  describe("while the set is made,", () => {
    test.each([
      ["the network is being made", /:Network \S+ creating/],
      ["the network is there", /:Network \S+ created/],
      ["volumes are being made", /:Volume \S+-redis-1-data creating/],
      ["the first container is being made", /:Container \S+ creating/],
      ["the first master is there", /:Container \S+-redis-0 created/],
      ["the second data node is being made", /:Container \S+-redis-1 creating/],
      ["the last container is being made", /:Container \S+-redis-2 creating/],
      ["the set is being verified", /:Stash \S+-fingerprint creating/],
    ])("when %s: the next one goes on", async (_moment, line) => {
      await expectToBeKilled(deployment.up(), line);
    });

    test("all of these times: the last one completes the set", async () => {
      const output = await expectToConverge();
      expect(checkNames(output, "✓")).toHaveLength(12);
      deployed = await deployment.deployedSet();
      await asApplication((client) => client.set("kept", "whatever happens"));
    });
  });

  describe("while a change is rolled out,", () => {
    test.each([
      ["a replica is being stopped", /:Container \S+-redis-\d deleting original/],
      ["a replica is gone", /:Container \S+-redis-\d deleted original/],
      ["a replica is being replaced", /:Container \S+-redis-\d creating replacement/],
      ["a replica is there again", /:Container \S+-redis-\d created replacement/],
      ["the next node is being stopped", /:Container \S+-redis-\d deleting original/],
      ["the next node is being replaced", /:Container \S+-redis-\d creating replacement/],
    ])("when %s: the next one goes on", async (_moment, line) => {
      await deployment.configure({ ...set, redis: { timeout: "61s" } });
      await expectToBeKilled(deployment.up(), line);
    });

    test("all of these times: the last one completes the change, and nothing is lost", async () => {
      await expectToConverge();
      await expectDataToBeThere();
    });
  });

  describe("while nodes are taken out,", () => {
    test("when they are being stopped: the next one goes on", async () => {
      await deployment.configure({ ...set, replicas: 1 });
      // Which Sentinels have to forget a node after that is chance: one that restarts knows no removed node.
      await expectToBeKilled(deployment.up(), /stopping redis-2, which left the plan/);
    });

    test("when they are being removed: the next one removes the rest", async () => {
      await expectToBeKilled(deployment.up(), /:Container \S+-redis-2 deleting/);
      await expectToConverge();
      await expectDataToBeThere();
    });
  });

  test.each(moments())(
    "at a moment of chance (%d ms into a change, seed %d): the next one completes it",
    async (at) => {
      await deployment.configure({ ...set, replicas: 1, redis: { timeout: `${100 + at}s` } });
      await deployment.killedAt(deployment.up(), delay(at));
      await expectToConverge();
      await expectDataToBeThere();
    },
  );

  describe("while the set is taken down,", () => {
    test("when containers are being removed: an update brings the whole set up again", async () => {
      await expectToBeKilled(deployment.down(), /:Container \S+-redis-\d deleted/);
      // What was removed and not noted any more is still in the state.
      await expectToConverge("--refresh");
    });

    test.each([
      ["the first container is being removed", /:Container \S+ deleting/],
      ["data is being removed", /:Volume \S+ deleting/],
      ["the network is being removed", /:Network \S+ deleting/],
    ])("when %s: the next one goes on", async (_moment, line) => {
      await expectToBeKilled(deployment.down(), line);
    });

    test("all of these times: the last one leaves nothing", async () => {
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

/** Milliseconds into an update, spread by a small generator (mulberry32), so that a seed gives them again. */
function moments(): readonly (readonly [at: number, seed: number])[] {
  let state = seed;
  return Array.from({ length: chances }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return [2000 + (((mixed ^ (mixed >>> 14)) >>> 0) % 8000), seed] as const;
  });
}
