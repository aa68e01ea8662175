import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationReference } from "../../topology/settings/reference.ts";
import { defineCommand, exitCodes, OperationError } from "../command.ts";
import { type CommandGroup, listCommands } from "../registry.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "docs",
  summary: "write the tables of settings and commands into README.md",
  usage: `npm run docs -- [--check]

The tables are generated from the schema of the settings and from the commands.

  --check   write nothing; fail when README.md is out of date`,
  options: { check: { type: "boolean", default: false } },
  async run({ check }) {
    const file = join(projectRoot, "README.md");
    const text = await readFile(file, "utf8");
    const current = await withAllTables(text);
    if (check && text !== current) {
      throw new OperationError("the tables in README.md are out of date; bring them up to date with: npm run docs");
    }
    if (text !== current) {
      await writeFile(file, current);
    }
    return exitCodes.success;
  },
});

/** README.md with all tables that are generated. */
export async function withAllTables(document: string): Promise<string> {
  const withSettings = withTable(document, "configuration", configurationReference());
  return withTable(withSettings, "commands", commandReference(await listCommands()));
}

/**
 * The document with a table between the marks of that name, whatever stood there before.
 *
 * @throws OperationError the document lacks a mark
 */
export function withTable(document: string, name: string, table: string): string {
  const startMark = `<!-- ${name}:start -->`;
  const endMark = `<!-- ${name}:end -->`;
  const begin = document.indexOf(startMark);
  const end = document.indexOf(endMark, begin);
  if (begin === -1 || end === -1) {
    throw new OperationError(`README.md has no ${begin === -1 ? startMark : endMark}, so the table has no place`);
  }
  return `${document.slice(0, begin + startMark.length)}\n\n${table}\n${document.slice(end)}`;
}

/** A table of all commands for each list of them. */
function commandReference(groups: readonly CommandGroup[]): string {
  return groups
    .flatMap(({ heading, commands }) => [
      `| ${heading} | |`,
      "| --- | --- |",
      ...commands.map(({ name, summary }) => `| \`${name}\` | ${summary.replaceAll("|", "\\|")} |`),
      "",
    ])
    .join("\n");
}
