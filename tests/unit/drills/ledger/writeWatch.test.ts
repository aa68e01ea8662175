import { describe, expect, test } from "vitest";
import { overlap } from "../../../../drills/ledger/writeWatch.ts";

const span = (node: string, from: number, to: number) => ({ node, from, to });

describe("the time with two masters", () => {
  test.each([
    ["one node starts to accept writes after the other stopped", [span("redis-0", 0, 10), span("redis-1", 12, 30)], 0],
    ["two nodes accept writes at the same time", [span("redis-0", 0, 20), span("redis-1", 12, 30)], 8],
    ["the same node stops and continues to accept writes", [span("redis-0", 0, 20), span("redis-0", 25, 30)], 0],
    [
      "the old master returns, so that there are two overlaps",
      [span("redis-0", 0, 20), span("redis-1", 15, 90), span("redis-0", 80, 99)],
      15,
    ],
  ])("is measured correctly when %s", (_when, times, milliseconds) => {
    expect(overlap(times)).toBe(milliseconds);
  });
});
