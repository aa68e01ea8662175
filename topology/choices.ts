/**
 * The allowed values of every setting that has a fixed list of values. Settings, plan and outputs share these lists.
 */

export const targets = ["docker", "kubernetes"] as const;

export const imageSources = ["upstream", "local"] as const;

export const maxmemoryPolicies = [
  "noeviction",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
] as const;

export const appendfsyncPolicies = ["everysec", "always", "no"] as const;

export const strictnesses = ["required", "preferred"] as const;

/** Who may connect to a node group from outside the set. */
export const audiences = ["clients", "monitoring", "nobody"] as const;
