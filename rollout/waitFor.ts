import { performance } from "node:perf_hooks";
import type { Attempt } from "../checks/check.ts";
import { retryUntil } from "../checks/retryUntil.ts";
import { CheckFailure } from "../redis/finding.ts";

/** Waits for conditions that must be true before a step that changes the set. */
export class Condition {
  readonly #deadline: number;
  readonly #progress: (line: string) => void;

  /** @param deadline milliseconds for each condition */
  constructor(deadline: number, progress: (line: string) => void) {
    this.#deadline = deadline;
    this.#progress = progress;
  }

  /**
   * Waits until a condition holds.
   *
   * @param timeout milliseconds to wait, if that is longer than the deadline @default 0
   * @param interval milliseconds between two attempts @default that of the checks
   * @throws CheckFailure with the findings of the last attempt
   */
  async holds(
    name: string,
    attempt: Attempt,
    { timeout = 0, interval }: { readonly timeout?: number; readonly interval?: number } = {},
  ): Promise<void> {
    const outcome = await retryUntil(name, attempt, {
      until: performance.now() + Math.max(this.#deadline, timeout),
      interval,
      progress: this.#progress,
      signal: new AbortController().signal,
    });
    if (outcome.state === "failed") {
      throw new CheckFailure(outcome.findings);
    }
  }

  /**
   * Waits until a value can be determined, and returns the value.
   *
   * @param describe renders the value for people
   * @param options the options of `holds`
   * @throws CheckFailure with the findings of the last attempt
   */
  async finds<Found>(
    name: string,
    find: () => Promise<Found>,
    describe: (found: Found) => string,
    options?: Parameters<Condition["holds"]>[2],
  ): Promise<Found> {
    const found: Found[] = [];
    const attempt = async () => {
      found[0] = await find();
      return describe(found[0]);
    };
    await this.holds(name, attempt, options);
    // `holds` resolves only after an attempt that stored a value.
    return found[0] as Found;
  }
}
