import { describe, expect, test } from "vitest";
import { overlap } from "../../../../drills/ledger/writeWatch.ts";

const span = (node: string, from: number, to: number) => ({ node, from, to });

describe("two masters at once", () => {
  test.each([
    ["never, when one begins after the other ends", [span("redis-0", 0, 10), span("redis-1", 12, 30)], 0],
    ["as long as both took writes", [span("redis-0", 0, 20), span("redis-1", 12, 30)], 8],
    ["not when one node stopped and went on", [span("redis-0", 0, 20), span("redis-0", 25, 30)], 0],
    [
      "twice, when the old one came back",
      [span("redis-0", 0, 20), span("redis-1", 15, 90), span("redis-0", 80, 99)],
      15,
    ],
  ])("%s", (_when, times, milliseconds) => {
    expect(overlap(times)).toBe(milliseconds);
  });
});
