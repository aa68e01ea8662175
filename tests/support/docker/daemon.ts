import { describe } from "vitest";

/** Why there is no Docker daemon and none can be had, as `npm test` found out; undefined: there is one. */
const reason = process.env["REDIS_HA_WITHOUT_DOCKER"];

/**
 * Tests that need a Docker daemon; where there is none they are skipped, and their title says why.
 *
 * @param obstacle why else they cannot run; undefined: nothing else is in the way
 */
export function describeWithDocker(title: string, tests: () => void, obstacle?: string): void {
  const why = reason ?? obstacle;
  if (why === undefined) {
    describe(title, tests);
  } else {
    describe.skip(`${title} (skipped: ${why})`, tests);
  }
}
