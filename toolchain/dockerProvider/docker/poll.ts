import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two attempts. */
const interval = 200;
/** Milliseconds after which `onSlow` is called. */
const slowAfter = 2000;

/**
 * Repeats an attempt until it succeeds, the timeout expires or the signal aborts.
 * @param timeout Milliseconds.
 * @param attempt Returns true on success, and false to try again.
 * @param onSlow Called once if the attempts take more than 2 s.
 * @returns True if an attempt succeeded.
 */
export async function poll(
  timeout: number,
  signal: AbortSignal,
  attempt: () => Promise<boolean>,
  onSlow: () => void,
): Promise<boolean> {
  const started = Date.now();
  let slow = false;
  for (;;) {
    if (await attempt()) {
      return true;
    }
    if (signal.aborted || Date.now() - started >= timeout) {
      return false;
    }
    if (!slow && Date.now() - started >= slowAfter) {
      slow = true;
      onSlow();
    }
    // If the signal aborts during the pause, one last attempt follows.
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
}
