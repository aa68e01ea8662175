import type { RunningSet } from "../redis/runningSet.ts";

/**
 * What a failed check means. "error": the set does not work as planned, and the update or the verification fails.
 * "warning": Redis works, but another part of the set does not. The finding is shown, and nothing fails.
 */
export type Severity = "error" | "warning";

/** One condition that a working set fulfills. */
export interface Check {
  /** A phrase that states what is true when the check passes: "exactly one master". */
  readonly name: string;
  /** @default "error" */
  readonly severity?: Severity;
  /** The checks that must pass first. If one of them fails, this check cannot add anything and is not run. */
  readonly needs: readonly Check[];
  /**
   * Starts the check and returns its attempt. The attempt may keep results between its calls. Returns undefined if the
   * plan has nothing to check.
   */
  start(set: RunningSet): Attempt | undefined;
}

/**
 * Checks once, without waiting for anything to change, and returns a short description of what it found. It is called
 * repeatedly until it succeeds, a finding is permanent, or the time is up.
 *
 * @throws CheckFailure
 */
export type Attempt = () => Promise<string>;
