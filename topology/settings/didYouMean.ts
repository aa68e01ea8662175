/**
 * The known path that a misspelled path most likely means, or undefined.
 *
 * Within the same object, two letters may differ (`cuont`), or the misspelled name may be longer
 * (`down-after-milliseconds` for `downAfter`). In another object the name must be the same (`quorum` for
 * `sentinels.quorum`). Case, hyphens and underscores are ignored, so names from redis.conf are recognized.
 */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const place = splitPath(path);
  const distances = known.map((candidate) => ({ candidate, distance: distanceBetween(place, splitPath(candidate)) }));
  return distances
    .filter(({ distance }) => distance <= maxDistance)
    .toSorted((one, other) => one.distance - other.distance)
    .at(0)?.candidate;
}

/** A name at a larger distance is a different name, and its distance is not computed. */
const maxDistance = 2;

type Place = readonly [parent: string, name: string];

function distanceBetween([parent, name]: Place, [candidateParent, candidateName]: Place): number {
  const isBeside = parent === candidateParent;
  if (name === candidateName) {
    return isBeside ? 0 : 2;
  }
  if (!isBeside || candidateName.length < 4) {
    return Number.POSITIVE_INFINITY;
  }
  if (name.startsWith(candidateName)) {
    return 1;
  }
  // The difference in length is the smallest possible distance. Without this check a very long key would cost seconds.
  const isTooLong = Math.abs(name.length - candidateName.length) > maxDistance;
  return isTooLong ? Number.POSITIVE_INFINITY : editDistance(name, candidateName);
}

/** The parent's path, and the name without case, hyphens and underscores. */
function splitPath(path: string): Place {
  const end = path.lastIndexOf(".");
  return [
    path.slice(0, Math.max(end, 0)),
    path
      .slice(end + 1)
      .toLowerCase()
      .replaceAll(/[-_]/g, ""),
  ];
}

/** The Levenshtein distance: the number of letters to insert, remove or replace. */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...one].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
