import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationReference } from "../../topology/settings/reference.ts";
import { defineCommand, exitCodes, OperationError } from "../command.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "docs",
  summary: "write the table of all settings into README.md",
  usage: `npm run docs -- [--check]

The table is generated from the schema of the settings.

  --check   write nothing; fail when README.md is out of date`,
  options: { check: { type: "boolean", default: false } },
  async run({ check }) {
    const file = join(projectRoot, "README.md");
    const text = await readFile(file, "utf8");
    const current = withConfiguration(text, configurationReference());
    if (check && text !== current) {
      throw new OperationError(
        "the table of settings in README.md is out of date; bring it up to date with: npm run docs",
      );
    }
    if (text !== current) {
      await writeFile(file, current);
    }
    return exitCodes.success;
  },
});

/**
 * The document with the table between its two marks, whatever stood there before.
 *
 * @throws OperationError the document lacks a mark
 */
export function withConfiguration(document: string, table: string): string {
  const begin = document.indexOf(startMark);
  const end = document.indexOf(endMark, begin);
  if (begin === -1 || end === -1) {
    throw new OperationError(`README.md has no ${begin === -1 ? startMark : endMark}, so the table has no place`);
  }
  return `${document.slice(0, begin + startMark.length)}\n\n${table}\n${document.slice(end)}`;
}

const startMark = "<!-- configuration:start -->";
const endMark = "<!-- configuration:end -->";
