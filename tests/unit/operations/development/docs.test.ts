import { describe, expect, test } from "vitest";
import { OperationError } from "../../../../operations/command.ts";
import { outdatedDocuments, withTable } from "../../../../operations/development/docs.ts";

describe("npm run docs", () => {
  const document = "before\n<!-- configuration:start -->\nold\n<!-- configuration:end -->\nafter\n";
  const written = "before\n<!-- configuration:start -->\n\nnew\n\n<!-- configuration:end -->\nafter\n";

  test("replaces only the text between the marks", () => {
    expect(withTable("README.md", document, "configuration", "new\n")).toBe(written);
  });

  test("changes nothing on a second run", () => {
    expect(withTable("README.md", written, "configuration", "new\n")).toBe(written);
  });

  test.each(["<!-- configuration:start -->", "<!-- configuration:end -->"])("refuses a document without %s", (mark) => {
    expect(() => withTable("README.md", document.replace(mark, ""), "configuration", "new\n")).toThrow(
      new OperationError(`README.md has no ${mark}, so the table cannot be inserted`),
    );
  });

  test("has been run after the last change of the settings and commands", async () => {
    expect(await outdatedDocuments()).toEqual([]);
  });
});
