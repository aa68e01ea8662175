import type { Value } from "../values.ts";

type WordChange = readonly [index: number, kind: "add" | "delete" | "update"];

/**
 * Compares two lists of words, and returns removed and added words by their index. A word that is added in the middle
 * does not count as a change of the words after it.
 */
export function compareWords(before: readonly Value[], after: readonly Value[]): WordChange[] {
  const kept = longestCommon(before, after);
  const old = new Set(kept.map(([index]) => index));
  const wanted = new Set(kept.map(([, index]) => index));
  return Array.from({ length: Math.max(before.length, after.length) }).flatMap((_, index): WordChange[] => {
    const removed = index < before.length && !old.has(index);
    const added = index < after.length && !wanted.has(index);
    if (!removed && !added) {
      return [];
    }
    if (removed && added) {
      return [[index, "update"]];
    }
    return [[index, removed ? "delete" : "add"]];
  });
}

/** Returns the indexes of the longest common subsequence in both lists. */
function longestCommon(some: readonly Value[], others: readonly Value[]): [number, number][] {
  // lengths[i][j] is the length of the longest common subsequence of `some` from i and `others` from j.
  const lengths = Array.from({ length: some.length + 1 }, () => new Array<number>(others.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = some.length - 1; i >= 0; i--) {
    for (let j = others.length - 1; j >= 0; j--) {
      const row = lengths[i] ?? [];
      row[j] = some[i] === others[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const places: [number, number][] = [];
  for (let i = 0, j = 0; i < some.length && j < others.length; ) {
    if (some[i] === others[j]) {
      places.push([i++, j++]);
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      i++;
    } else {
      j++;
    }
  }
  return places;
}
