import { withLock } from "../base/lock.mjs";
import type { Place } from "./place.ts";

/** Changes a cluster under a lock, so that only one command changes it at a time. */
export function changing<Result>(place: Place, description: string, work: () => Promise<Result>): Promise<Result> {
  return withLock(place.folder, description, work);
}
