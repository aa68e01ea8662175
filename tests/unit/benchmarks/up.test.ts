import { describe, expect, test } from "vitest";
import { command } from "../../../operations/development/benchUp.ts";
import { judgeTimes, type Times, type Yardstick } from "../../benchmarks/up/times.ts";

type Measured = "other" | "ours";

const yardstick: Yardstick<Measured> = {
  labels: { other: "another way (a)", ours: "our way (b)" },
  goals: [{ words: "b <= 1.3 x a", of: "ours", limit: ({ other }) => 1.3 * other }],
};

const rounds: readonly Times<Measured>[] = [
  { other: 12_000, ours: 14_000 },
  { other: 10_000, ours: 12_990 },
  { other: 9_000, ours: 12_000 },
];

describe("the table of deployment times", () => {
  test("shows minimum, median and maximum, and compares the medians with the goal", () => {
    expect(judgeTimes(yardstick, rounds)).toEqual({
      met: true,
      text: [
        "| 3 rounds, seconds | minimum | median | maximum |",
        "| --- | --- | --- | --- |",
        "| another way (a) | 9.00 | 10.00 | 12.00 |",
        "| our way (b) | 12.00 | 12.99 | 14.00 |",
        "",
        "✓ b <= 1.3 x a: 12.99 and 13.00",
        "",
      ].join("\n"),
    });
  });

  test("reports a missed goal even if the median is just above the limit", () => {
    const { met, text } = judgeTimes(yardstick, [{ other: 10_000, ours: 13_001 }]);
    expect(met).toBe(false);
    expect(text).toContain("✗ b <= 1.3 x a: 13.00 and 13.00");
  });

  test("shows the mean of the two middle times as the median of an even number of rounds", () => {
    const { text } = judgeTimes(yardstick, [...rounds, { other: 11_000, ours: 13_010 }]);
    expect(text).toContain("| another way (a) | 9.00 | 10.50 | 12.00 |");
    expect(text).toContain("✓ b <= 1.3 x a: 13.00 and 13.65");
  });
});

describe("the benchmark of deployment times", () => {
  test.each([
    ["no rounds", { rounds: "0" }, "--rounds takes a whole number from 1 to 999, not 0"],
    ["an unknown target", { rounds: "1", target: "swarm" }, "--target takes docker, kubernetes or both, not swarm"],
  ])("refuses %s", async (_case, values, message) => {
    await expect(command.run(values, [])).rejects.toMatchObject({ name: "UsageError", message });
  });
});
