import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OperationError } from "../../../../operations/command.ts";
import { withConfiguration } from "../../../../operations/development/docs.ts";
import { configurationReference } from "../../../../topology/settings/reference.ts";

describe("npm run docs", () => {
  const document = "before\n<!-- configuration:start -->\nold\n<!-- configuration:end -->\nafter\n";
  const written = "before\n<!-- configuration:start -->\n\nnew\n\n<!-- configuration:end -->\nafter\n";

  test("replaces what stands between the marks, and nothing else", () => {
    expect(withConfiguration(document, "new\n")).toBe(written);
  });

  test("changes nothing when run again", () => {
    expect(withConfiguration(written, "new\n")).toBe(written);
  });

  test.each(["<!-- configuration:start -->", "<!-- configuration:end -->"])("refuses a document without %s", (mark) => {
    expect(() => withConfiguration(document.replace(mark, ""), "new\n")).toThrow(
      new OperationError(`README.md has no ${mark}, so the table has no place`),
    );
  });

  test("has been run since the settings last changed", () => {
    const readme = readFileSync(join(import.meta.dirname, "../../../../README.md"), "utf8");
    expect(withConfiguration(readme, configurationReference())).toBe(readme);
  });
});
