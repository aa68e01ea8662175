import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { type Configuration, Deployment } from "../support/docker/deployment.ts";
import { setWithGateway } from "../support/docker/places.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = setWithGateway("ha-test-delays");

/** Names the lengths of the delays; the same again by REDIS_HA_DELAY_SEED. */
const seed = process.env["REDIS_HA_DELAY_SEED"] ?? String(Date.now() % 1_000_000);

/** An update that stands still ends after 304 s, when a node was waited for in vain. */
const withoutStandstill = 150_000;

describeWithDocker(`with a delay of up to 600 ms before and after every hook (seed ${seed}), an update`, () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set, {
      program: join(import.meta.dirname, "../support/docker/delayedHooks"),
    });
    return () => deployment.dispose();
  });

  test("brings up a new set whose first data node is made long after the gateway", {
    timeout: withoutStandstill,
  }, async () => {
    expect(await updateTo(set, { REDIS_HA_LATE_WORKLOAD: "redis-0" })).toEqual([
      expect.stringMatching(/^\+ \d+ created$/),
    ]);
  });

  test("takes a new setting to one data node after another", { timeout: withoutStandstill }, async () => {
    const changed = await updateTo({ ...set, redis: { timeout: "61s" } });
    expect(changed).toContain("+-3 replaced");
  });

  test("adds two replicas to a set that runs", { timeout: withoutStandstill }, async () => {
    await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 });
    expect(Object.keys(await deployment.onDocker.containers())).toEqual(expect.arrayContaining(["redis-3", "redis-4"]));
  });

  test("has nothing to do after that", { timeout: withoutStandstill }, async () => {
    expect(await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 })).toEqual([
      expect.stringMatching(nothingChanged),
    ]);
  });

  /** @returns what it did, such as `+ 6 created` */
  async function updateTo(
    configuration: Configuration,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<readonly string[]> {
    await deployment.configure(configuration);
    const { exitCode, output } = await deployment.upWith({ REDIS_HA_DELAY_SEED: seed, ...environment });
    expect(exitCode, output).toBe(0);
    return resources(output);
  }
});
