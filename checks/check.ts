import type { RunningSet } from "../redis/runningSet.ts";

/**
 * What a failed check means. "error": the set does not work as planned, and the update or the verification fails.
 * "warning": Redis works, something beside it does not; the finding is shown and nothing fails.
 */
export type Severity = "error" | "warning";

/** One part of what "it works" means. */
export interface Check {
  /** A phrase that says what is true when it passes: "exactly one master". */
  readonly name: string;
  /** @default "error" */
  readonly severity?: Severity;
  /** The checks that must pass first: without them this one could say nothing of its own. */
  readonly needs: readonly Check[];
  /**
   * Starts the check and returns its attempt, which may keep what an earlier attempt found out. Undefined when the plan has
   * nothing to check.
   */
  start(set: RunningSet): Attempt | undefined;
}

/**
 * Looks once, without waiting for anything to change, and returns what it saw. It is called again until it succeeds, a
 * finding is permanent, or time is up.
 *
 * @throws CheckFailure
 */
export type Attempt = () => Promise<string>;
