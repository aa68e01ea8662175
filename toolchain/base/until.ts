import { setTimeout as pause } from "node:timers/promises";
import { interruption } from "./interruption.mjs";

/**
 * Polls a condition until it holds.
 *
 * @param condition holds when it returns anything other than undefined and false
 * @param timeout milliseconds
 * @param interval milliseconds between two calls of the condition
 * @param despiteInterruption true to continue after Ctrl-C, for cleanup that must complete
 * @returns the value that the condition returned
 * @throws the error of `failure` if the timeout expires; InterruptedError
 */
export async function until<Result>(
  condition: () => Result | Promise<Result>,
  {
    timeout,
    interval = 100,
    despiteInterruption = false,
    failure,
  }: { timeout: number; interval?: number; despiteInterruption?: boolean; failure: () => Error },
): Promise<Exclude<Result, undefined | false>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) {
      return result as Exclude<Result, undefined | false>;
    }
    if (performance.now() > deadline) {
      throw failure();
    }
    await pause(interval);
    if (!despiteInterruption) {
      interruption.throwIfAborted();
    }
  }
}
