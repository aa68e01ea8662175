import type { Settings } from "./schema.ts";

type Sizes = Pick<Settings, "replicas" | "size">;

/** The roles whose sizes apply to data nodes. Without replicas, the replica size does not matter. */
export function dataNodeRoles(settings: Sizes): readonly ("master" | "replica")[] {
  return settings.replicas === 0 ? ["master"] : ["master", "replica"];
}

/** The memory of the smallest data node in bytes. It determines maxmemory, because any data node may become master. */
export function smallestMemory(settings: Sizes): number {
  return Math.min(...dataNodeRoles(settings).map((role) => settings.size[role].memory));
}
