import { withLock } from "../base/lock.mjs";
import type { Place } from "./place.ts";

/** One command at a time changes a cluster. */
export function changing<Result>(place: Place, description: string, work: () => Promise<Result>): Promise<Result> {
  return withLock(place.folder, description, work);
}
