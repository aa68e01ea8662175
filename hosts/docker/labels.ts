/** What containers, volumes and networks are labelled with, so that a set can be told from all else on an engine. */
export const labels = {
  /** The prefix of the set. */
  set: "redis-ha.set",
  /** The workload's name, or `network`. */
  part: "redis-ha.part",
  /** The identity of the state that made the object. */
  owner: "redis-ha.owner",
} as const;
