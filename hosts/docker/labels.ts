/** The labels of containers, volumes and networks. They distinguish a set's objects from all others on an engine. */
export const labels = {
  /** The prefix of the set. */
  set: "redis-ha.set",
  /** The workload's name, or `network`. */
  part: "redis-ha.part",
  /** The identity of the state that created the object. */
  owner: "redis-ha.owner",
} as const;
