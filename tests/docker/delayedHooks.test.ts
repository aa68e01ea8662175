import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { type Configuration, Deployment } from "../support/docker/deployment.ts";
import { setWithGateway } from "../support/docker/places.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = setWithGateway("ha-test-delays");

/** Determines the lengths of the delays. Set REDIS_HA_DELAY_SEED to repeat them. */
const seed = process.env["REDIS_HA_DELAY_SEED"] ?? String(Date.now() % 1_000_000);

/** Milliseconds. An update with a deadlock ends after 304 s, when the wait for a node times out. */
const updateLimit = 150_000;

describeWithDocker(`an update with delays of up to 600 ms around every hook (seed ${seed})`, () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set, {
      program: join(import.meta.dirname, "../support/docker/delayedHooks"),
    });
    return () => deployment.dispose();
  });

  test("brings up a new set whose first data node is created long after the gateway", {
    timeout: updateLimit,
  }, async () => {
    expect(await updateTo(set, { REDIS_HA_LATE_WORKLOAD: "redis-0" })).toEqual([
      expect.stringMatching(/^\+ \d+ created$/),
    ]);
  });

  test("applies a new setting to one data node after another", { timeout: updateLimit }, async () => {
    const changed = await updateTo({ ...set, redis: { timeout: "61s" } });
    expect(changed).toContain("+-3 replaced");
  });

  test("adds two replicas to a running set", { timeout: updateLimit }, async () => {
    await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 });
    expect(Object.keys(await deployment.onDocker.containers())).toEqual(expect.arrayContaining(["redis-3", "redis-4"]));
  });

  test("changes nothing if the configuration is unchanged", { timeout: updateLimit }, async () => {
    expect(await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 })).toEqual([
      expect.stringMatching(nothingChanged),
    ]);
  });

  /** @returns the summary of the changes, such as `+ 6 created` */
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
