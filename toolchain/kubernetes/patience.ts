import { readFileSync } from "node:fs";
import { completeMark, type Place } from "./place.ts";

/** How long the cluster tolerates a node that does not report, in seconds. */
export interface Patience {
  /** Seconds until the node is NotReady. */
  readonly node: number;
  /** Further seconds until the pods of the node are evicted. Their controllers can then replace them on other nodes. */
  readonly pods: number;
}

/** The defaults of Kubernetes. */
export const defaultPatience: Patience = { node: 50, pods: 300 };

/** Reads the timeouts with which a running cluster was created. */
export function patienceOf(place: Place): Patience {
  return JSON.parse(readFileSync(completeMark(place), "utf8"));
}
