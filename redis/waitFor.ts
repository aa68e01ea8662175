import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

export interface WaitOptions<Fallback> {
  /** Milliseconds. The condition is checked at least once, and once more when the time is over. */
  readonly timeout: number;
  /** Milliseconds between two checks. */
  readonly interval: number;
  /** Gives the result when the condition did not hold in time, or throws. */
  readonly onTimeout: () => Fallback;
  /** Ends the wait early. @default only the condition and the timeout end it */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Polls a condition until it holds, where no event tells when that is.
 *
 * @param condition holds when it returns something other than undefined and false
 * @returns what the condition returned, or the result of `onTimeout`
 * @throws the reason of `signal`, an error of the condition, or an error of `onTimeout`
 */
export async function waitFor<Result, Fallback>(
  condition: () => Promise<Result> | Result,
  { timeout, interval, onTimeout, signal }: WaitOptions<Fallback>,
): Promise<Exclude<Result, undefined | false> | Fallback> {
  const deadline = performance.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    const isLast = performance.now() >= deadline;
    const result = await condition();
    if (result !== undefined && result !== false) {
      return result as Exclude<Result, undefined | false>;
    }
    if (isLast) {
      return onTimeout();
    }
    // A timer drops fractions of a millisecond, and would end before the deadline.
    await setTimeout(Math.ceil(Math.max(0, Math.min(interval, deadline - performance.now()))));
  }
}
