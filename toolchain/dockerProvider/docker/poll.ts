import { setTimeout as sleep } from "node:timers/promises";

const interval = 200;
const quiet = 2000;

/**
 * Tries until it works or the time is over.
 * @param limit Milliseconds.
 * @param attempt True when it worked; false to be tried again.
 * @param slow Called once when it takes over 2 s.
 * @returns Whether it worked; false too when the signal aborts.
 */
export async function poll(
  limit: number,
  signal: AbortSignal,
  attempt: () => Promise<boolean>,
  slow: () => void,
): Promise<boolean> {
  const started = Date.now();
  let told = false;
  for (;;) {
    if (await attempt()) {
      return true;
    }
    if (signal.aborted || Date.now() - started >= limit) {
      return false;
    }
    if (!told && Date.now() - started >= quiet) {
      told = true;
      slow();
    }
    // Aborted in its sleep, the next attempt is the last.
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
}
