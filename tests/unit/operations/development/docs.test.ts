import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OperationError } from "../../../../operations/command.ts";
import { withAllTables, withTable } from "../../../../operations/development/docs.ts";

describe("npm run docs", () => {
  const document = "before\n<!-- configuration:start -->\nold\n<!-- configuration:end -->\nafter\n";
  const written = "before\n<!-- configuration:start -->\n\nnew\n\n<!-- configuration:end -->\nafter\n";

  test("replaces what stands between the marks, and nothing else", () => {
    expect(withTable(document, "configuration", "new\n")).toBe(written);
  });

  test("changes nothing when run again", () => {
    expect(withTable(written, "configuration", "new\n")).toBe(written);
  });

  test.each(["<!-- configuration:start -->", "<!-- configuration:end -->"])("refuses a document without %s", (mark) => {
    expect(() => withTable(document.replace(mark, ""), "configuration", "new\n")).toThrow(
      new OperationError(`README.md has no ${mark}, so the table has no place`),
    );
  });

  test("has been run since the settings and the commands last changed", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../../../../README.md"), "utf8");
    expect(await withAllTables(readme)).toBe(readme);
  });
});
