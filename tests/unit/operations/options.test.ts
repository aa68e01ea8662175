import { describe, expect, test } from "vitest";
import { UsageError } from "../../../operations/command.ts";
import { readChoice, readCount, readTime } from "../../../operations/options.ts";

describe("an option of a command", () => {
  test("accepts a whole number from 1 to its maximum", () => {
    expect(readCount("--runs", "999", 999)).toBe(999);
  });

  test.each(["0", "-1", "1.5", "1e2", "010", "1000", "", "five"])(
    "refuses %j where a whole number from 1 to 999 is expected",
    (text) => {
      expect(() => readCount("--runs", text, 999)).toThrow(UsageError);
    },
  );

  test("accepts a time with its unit", () => {
    expect(readTime("--deadline", "1.5s")).toBe(1500);
  });

  test.each(["30", "s", "1 fortnight"])("refuses the time %j, which has no known unit or no number", (text) => {
    expect(() => readTime("--deadline", text)).toThrow(UsageError);
  });

  test("accepts one of its choices", () => {
    expect(readChoice("--from", { network: 1, host: 2 }, "host")).toBe(2);
  });

  test.each(["toString", "Host", ""])("refuses the unknown choice %j, and lists the valid choices", (name) => {
    expect(() => readChoice("--from", { network: 1, host: 2 }, name)).toThrow(/--from takes network or host, not/);
  });
});
