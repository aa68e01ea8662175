import { setTimeout as pause } from "node:timers/promises";
import { interruption } from "./interruption.mjs";

/**
 * Asks again and again, where nothing tells when it happens, until a condition holds.
 *
 * @param condition holds once it gives something other than undefined and false
 * @param timeout milliseconds
 * @param interval milliseconds between two questions
 * @param despiteInterruption whether to go on after Ctrl-C, for what has to be done even then
 * @returns what the condition gave
 * @throws the error of `failure` when the time is over; InterruptedError
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
