import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two checks whether an object is gone. */
const interval = 200;

/**
 * Polls until an object that is being deleted is gone. There is no timeout, because Kubernetes kills pods after their
 * grace periods, so a deletion ends.
 */
export async function awaitGone(exists: () => Promise<boolean>): Promise<void> {
  while (await exists()) {
    await delay(interval);
  }
}
