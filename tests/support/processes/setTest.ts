import { spawnSync } from "node:child_process";
import { test as base, vi } from "vitest";
import { redisBinary } from "./loopbackSet.ts";
import { ScriptedSet, type ScriptedSetOptions } from "./scriptedSet.ts";

export interface SetFixtures {
  /** Creates a set for the test, on its own ports. The set is removed after the test. */
  readonly newSet: (options: ScriptedSetOptions) => Promise<ScriptedSet>;
}

/** These tests mostly wait, so three run at a time. With more, the servers would answer late. */
vi.setConfig({ maxConcurrency: 3 });

export const test = base.extend<SetFixtures>({
  newSet: async ({ skip }, use) => {
    const sets: ScriptedSet[] = [];
    await use(async (options) => {
      skip(redisBinary === undefined, "Redis is not installed: apt-get install redis-tools");
      skip(
        spawnSync(options.shell).error !== undefined,
        `${options.shell} is not installed: apt-get install ${options.shell}`,
      );
      const set = await new ScriptedSet(nextPort(), options).prepare();
      sets.push(set);
      return set;
    });
    for (const set of sets) {
      await set.remove();
    }
  },
});

let sets = 0;

/** The first of 20 ports that no other set uses. Test files run in parallel workers, and each worker has a number. */
function nextPort(): number {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0);
  sets += 1;
  return 20_000 + (worker % 10) * 1000 + (sets % 50) * 20;
}
