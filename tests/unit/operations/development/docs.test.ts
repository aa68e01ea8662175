import { describe, expect, test } from "vitest";
import { OperationError } from "../../../../operations/command.ts";
import { outdatedDocuments, withTable } from "../../../../operations/development/docs.ts";

describe("npm run docs", () => {
  const document = "before\n<!-- configuration:start -->\nold\n<!-- configuration:end -->\nafter\n";
  const written = "before\n<!-- configuration:start -->\n\nnew\n\n<!-- configuration:end -->\nafter\n";

  test("replaces what stands between the marks, and nothing else", () => {
    expect(withTable("README.md", document, "configuration", "new\n")).toBe(written);
  });

  test("changes nothing when run again", () => {
    expect(withTable("README.md", written, "configuration", "new\n")).toBe(written);
  });

  test.each(["<!-- configuration:start -->", "<!-- configuration:end -->"])("refuses a document without %s", (mark) => {
    expect(() => withTable("README.md", document.replace(mark, ""), "configuration", "new\n")).toThrow(
      new OperationError(`README.md has no ${mark}, so the table has no place`),
    );
  });

  test("has been run since the settings and the commands last changed", async () => {
    expect(await outdatedDocuments()).toEqual([]);
  });
});
