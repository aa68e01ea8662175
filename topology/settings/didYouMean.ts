/**
 * The known path that a misspelled one most likely means, or undefined.
 *
 * Beside the key, in the same object, two letters may differ (`cuont`) or more may follow
 * (`down-after-milliseconds` for `downAfter`); anywhere else the name must be the same (`quorum` for
 * `sentinels.quorum`). Case, hyphens and underscores do not count, so the names of redis.conf are understood.
 */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => ({ candidate, distance: distanceBetween(path, candidate) }));
  return distances
    .filter(({ distance }) => distance <= 2)
    .toSorted((one, other) => one.distance - other.distance)
    .at(0)?.candidate;
}

function distanceBetween(path: string, candidate: string): number {
  const [parent, name] = splitPath(path);
  const [candidateParent, candidateName] = splitPath(candidate);
  const isBeside = parent === candidateParent;
  if (name === candidateName) {
    return isBeside ? 0 : 2;
  }
  if (!isBeside || candidateName.length < 4) {
    return Number.POSITIVE_INFINITY;
  }
  return name.startsWith(candidateName) ? 1 : editDistance(name, candidateName);
}

/** The parent's path, and the name without case, hyphens and underscores. */
function splitPath(path: string): readonly [parent: string, name: string] {
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
