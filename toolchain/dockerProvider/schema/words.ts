import type { Value } from "../values.ts";

type WordChange = readonly [index: number, kind: "add" | "delete" | "update"];

/**
 * Words that were left out and words that were put in, each by its place, so that one more word does not change all
 * that follow.
 */
export function compareWords(before: readonly Value[], after: readonly Value[]): WordChange[] {
  const kept = longestCommon(before, after);
  const old = new Set(kept.map(([index]) => index));
  const wanted = new Set(kept.map(([, index]) => index));
  return Array.from({ length: Math.max(before.length, after.length) }).flatMap((_, index): WordChange[] => {
    const gone = index < before.length && !old.has(index);
    const come = index < after.length && !wanted.has(index);
    if (!gone && !come) {
      return [];
    }
    if (gone && come) {
      return [[index, "update"]];
    }
    return [[index, gone ? "delete" : "add"]];
  });
}

/** The places of the longest sequence that both lists have, in each of them. */
function longestCommon(some: readonly Value[], others: readonly Value[]): [number, number][] {
  // lengths[i][j] is the length of the longest sequence that some from i and others from j have in common.
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
