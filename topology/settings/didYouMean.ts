/**
 * The known path that a misspelled one most likely means, or undefined.
 *
 * Beside the key, in the same object, two letters may differ (`cuont`) or more may follow
 * (`down-after-milliseconds` for `downAfter`); anywhere else the name must be the same (`quorum` for
 * `sentinels.quorum`). Case, hyphens and underscores do not count, so the names of redis.conf are understood.
 */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const place = splitPath(path);
  const distances = known.map((candidate) => ({ candidate, distance: distanceBetween(place, splitPath(candidate)) }));
  return distances
    .filter(({ distance }) => distance <= maxDistance)
    .toSorted((one, other) => one.distance - other.distance)
    .at(0)?.candidate;
}

/** Larger distances mean another name, and are not computed. */
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
  // At least as many letters differ as one name is longer. The limit keeps a very long key from costing seconds.
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

/** Levenshtein's distance: letters to insert, remove or replace. */
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
