import type { ImagePart, ImageSource } from "../topology/topology.ts";
import { localRecipes, recipeHash } from "./recipes.ts";

export interface Image {
  /** Repository and tag. */
  readonly reference: string;
  /** `uid:gid`, numeric because Kubernetes and file ownership do not use names. Never root. */
  readonly user: string;
}

/** The image of a part of the set. Images of both sources run the same commands as the same users. */
export function imageFor(part: ImagePart, source: ImageSource): Image {
  const { uid, gid } = localRecipes[part].account;
  const reference = source === "upstream" ? upstream[part] : localReference(part);
  return { reference, user: `${uid}:${gid}` };
}

/**
 * Official images, pinned to a release.
 *
 * - Redis: the oldest maintained release series of Redis 8, since it is closest to Debian's 8.0. It reads files of 8.0,
 *   but 8.0 may not read files of a later series.
 * - HAProxy: the same long-term series as Debian's.
 * - Exporter: a tag with `-alpine`, because the plain image contains only the exporter and no shell for a probe.
 * - Redis Commander: the release that is also on npm.
 */
const upstream: Readonly<Record<ImagePart, string>> = {
  redis: "redis:8.2.9-alpine",
  gateway: "haproxy:3.0.25-alpine",
  exporter: "oliver006/redis_exporter:v1.88.0-alpine",
  commander: "ghcr.io/joeferner/redis-commander:0.9.0",
};

/**
 * A changed recipe has a different tag, so an image is built once for each recipe, and no older image is used by
 * mistake.
 */
function localReference(part: ImagePart): string {
  const recipe = localRecipes[part];
  return `redis-ha/${part}:${recipe.version}-${recipeHash(recipe)}`;
}
