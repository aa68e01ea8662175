import { describe } from "vitest";

/** The reason why no Docker daemon is available, as found by `npm test`; undefined if there is one. */
const reason = process.env["REDIS_HA_WITHOUT_DOCKER"];

/**
 * Declares tests that need a Docker daemon. Without a daemon they are skipped, and their title has the reason.
 *
 * @param obstacle another reason why the tests cannot run; undefined if there is none
 */
export function describeWithDocker(title: string, tests: () => void, obstacle?: string): void {
  const why = reason ?? obstacle;
  if (why === undefined) {
    describe(title, tests);
  } else {
    describe.skip(`${title} (skipped: ${why})`, tests);
  }
}
