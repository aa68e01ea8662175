import { describe, expect, test } from "vitest";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../../../topology/settings/quantities.ts";

describe("a duration", () => {
  test.each([
    ["500ms", 500],
    ["2s", 2000],
    ["1.5s", 1500],
    ["3m", 180_000],
    ["1h", 3_600_000],
    ["0", 0],
  ])("%s is %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(["2", "2 s", "s", "-1s", "1e3s", "2S", "2d", "", "1s2", "constructor"])("%j is refused", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("is formatted in the largest unit that gives a whole number", () => {
    expect([0, 500, 2000, 1500, 90_000, 7_200_000].map(formatDuration)).toEqual([
      "0",
      "500ms",
      "2s",
      "1500ms",
      "90s",
      "2h",
    ]);
  });
});

describe("a size", () => {
  test.each([
    ["512Mi", 512 * 1024 ** 2],
    ["512MiB", 512 * 1024 ** 2],
    ["4GB", 4 * 1024 ** 3],
    ["256mb", 256 * 1024 ** 2],
    ["1.5GB", 1536 * 1024 ** 2],
    ["1TB", 1024 ** 4],
    ["64KB", 65_536],
    ["0", 0],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(["512", "4G", "4g", "4 GB", "GB", "-1GB", "1e3MB", "1PB", "", "99999999TB"])("%j is refused", (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  test("is formatted in the largest unit that gives a whole number", () => {
    expect([0, 1000, 65_536, 1536 * 1024 ** 2, 4 * 1024 ** 3].map(formatBytes)).toEqual([
      "0",
      "1000",
      "64KB",
      "1536MB",
      "4GB",
    ]);
  });
});
