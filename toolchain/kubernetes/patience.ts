import { readFileSync } from "node:fs";
import { completeMark, type Place } from "./place.ts";

/** How long the cluster takes a silence for an accident that will pass, in seconds. */
export interface Patience {
  /** Until a node that does not report is NotReady. */
  readonly node: number;
  /** Until the pods of such a node are replaced elsewhere, where their controller does that. */
  readonly pods: number;
}

/** Kubernetes' own defaults. */
export const usualPatience: Patience = { node: 50, pods: 300 };

/** What a cluster that is up was made with. */
export function patienceOf(place: Place): Patience {
  return JSON.parse(readFileSync(completeMark(place), "utf8"));
}
