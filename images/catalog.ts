import type { ImagePart, ImageSource } from "../topology/topology.ts";
import { RECIPES, recipeHash } from "./recipes.ts";

export interface Image {
  /** Repository and tag. */
  readonly reference: string;
  /** `uid:gid`, numeric and never root: Kubernetes and file ownership know no names. */
  readonly user: string;
}

/** The image of a part of the set. Both sources run the same commands, as the same users. */
export function imageFor(part: ImagePart, source: ImageSource): Image {
  const { uid, gid } = RECIPES[part].account;
  const reference = source === "upstream" ? UPSTREAM[part] : localReference(part);
  return { reference, user: `${uid}:${gid}` };
}

/**
 * Official images, pinned to a release.
 *
 * Redis: the oldest maintained line of Redis 8, since it is nearest to the 8.0 of Debian; it reads what 8.0 has written,
 * and the way back is not promised. HAProxy: the same long-term line as Debian's. The exporter's plain tag holds nothing
 * but the exporter; a probe needs `-alpine`.
 * Redis Commander: the release that npm has too.
 */
const UPSTREAM: Readonly<Record<ImagePart, string>> = {
  redis: "redis:8.2.9-alpine",
  gateway: "haproxy:3.0.25-alpine",
  exporter: "oliver006/redis_exporter:v1.88.0-alpine",
  commander: "ghcr.io/joeferner/redis-commander:0.9.0",
};

/** A changed recipe is another tag, so an image is built once for each recipe and never mistaken for an older one. */
function localReference(part: ImagePart): string {
  const recipe = RECIPES[part];
  return `redis-ha/${part}:${recipe.version}-${recipeHash(recipe)}`;
}
