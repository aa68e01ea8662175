import type { NodeObservation } from "./observeNodes.ts";

/**
 * Returns true if any of these nodes runs and holds data, so that a restart has to wait for its replicas. A node of a
 * new set has neither keys nor a replication history. Such a node may itself wait for nodes that this update has yet to
 * create, so an update that waited for it would never end.
 */
export function holdsData(now: readonly NodeObservation[]): boolean {
  return now.some((one) => one.state === "refuses" || (one.state === "answers" && hasHistory(one)));
}

/** The offset of a replica that was never in sync with a master. */
const noHistory = 1;

function hasHistory({ facts, keys }: Extract<NodeObservation, { state: "answers" }>): boolean {
  return keys > 0 || facts.offset > noHistory;
}
