import { describe } from "vitest";

/** Why there is no Docker daemon and none can be had, as `npm test` found out; undefined: there is one. */
const reason = process.env["REDIS_HA_WITHOUT_DOCKER"];

/** Tests that need a Docker daemon; where there is none they are skipped, and their title says why. */
export function describeWithDocker(title: string, tests: () => void): void {
  if (reason === undefined) {
    describe(title, tests);
  } else {
    describe.skip(`${title} (skipped: ${reason})`, tests);
  }
}
