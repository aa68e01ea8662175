import type { Settings } from "./schema.ts";

type Sizes = Pick<Settings, "replicas" | "size">;

/** The roles a data node is sized for; without replicas their size does not matter. */
export function dataNodeRoles(settings: Sizes): readonly ("master" | "replica")[] {
  return settings.replicas === 0 ? ["master"] : ["master", "replica"];
}

/** Bytes of memory of the smallest data node: what decides, since any data node may become master. */
export function smallestMemory(settings: Sizes): number {
  return Math.min(...dataNodeRoles(settings).map((role) => settings.size[role].memory));
}
