import type { NodeNow } from "./observeNodes.ts";

/**
 * Whether there is a node among these that a change must not take away too soon: one that is alive and has something to
 * lose. A node of a set that has not begun its life has neither keys nor a history; it may even be waiting for the
 * nodes that this update has yet to make, and nobody must wait for it.
 */
export function anyEndangered(now: readonly NodeNow[]): boolean {
  return now.some((one) => one.state === "refuses" || (one.state === "answers" && holdsData(one)));
}

/** A replica that has met no master yet says 1. */
const noHistory = 1;

function holdsData({ facts, keys }: Extract<NodeNow, { state: "answers" }>): boolean {
  return keys > 0 || facts.offset > noHistory;
}
