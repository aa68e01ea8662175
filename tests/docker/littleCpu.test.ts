import { beforeAll, expect, test } from "vitest";
import { CpuQuota, quotasCanBeMade } from "../support/docker/cpuQuota.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { type Configuration, Deployment } from "../support/docker/deployment.ts";
import { defaultSet } from "../support/docker/places.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = defaultSet("ha-test-little-cpu");

/** The number of sets that are brought up, which takes five minutes each. On request only: REDIS_HA_SLOW_UPS=10. */
const rounds = Number(process.env["REDIS_HA_SLOW_UPS"] ?? 0);

/** Percentage of one core. The containers have no limit. */
const percent = 3;

/** Milliseconds for one update. */
const testTimeout = 2_400_000;

describeWithDocker(
  `an update with ${percent} % of a core for the program, the engine and its plugins`,
  () => {
    let quota: CpuQuota;
    let deployment: Deployment;

    beforeAll(async () => {
      quota = await CpuQuota.create(set.name, percent);
      return async () => {
        await deployment.dispose();
        await quota.remove();
      };
    });

    test.each(Array.from({ length: rounds }, (_, round) => [round + 1] as const))(
      "brings up a new set (round %d)",
      { timeout: testTimeout },
      async () => {
        // Also removes the set of the previous round.
        deployment = await Deployment.create(set.name, set, { entrance: quota.entrance });
        expect(await updateTo(set)).toEqual([expect.stringMatching(/^\+ \d+ created$/)]);
      },
    );

    test("applies a new setting to one data node after another", { timeout: testTimeout }, async () => {
      expect(await updateTo({ ...set, redis: { timeout: "61s" } })).toContain("+-3 replaced");
    });

    test("adds two replicas to a running set", { timeout: testTimeout }, async () => {
      expect(await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 })).toContain("+ 6 created");
    });

    test("changes nothing if the configuration is unchanged", { timeout: testTimeout }, async () => {
      expect(await updateTo({ ...set, redis: { timeout: "61s" }, replicas: 4 })).toEqual([
        expect.stringMatching(nothingChanged),
      ]);
    });

    /** @returns the summary of the changes, such as `+ 6 created` */
    async function updateTo(configuration: Configuration): Promise<readonly string[]> {
      await deployment.configure(configuration);
      const start = performance.now();
      const { exitCode, output } = await deployment.up();
      console.log(`up in ${Math.round((performance.now() - start) / 1000)} s`);
      expect(exitCode, output).toBe(0);
      return resources(output);
    }
  },
  await obstacle(),
);

async function obstacle(): Promise<string | undefined> {
  if (rounds === 0) {
    return "each update takes five minutes: set REDIS_HA_SLOW_UPS=10 to run it";
  }
  return (await quotasCanBeMade()) ? undefined : "it needs root and version 1 of the Linux control groups";
}
