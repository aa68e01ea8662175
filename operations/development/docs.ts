import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationReference } from "../../topology/settings/reference.ts";
import { defineCommand, exitCodes, OperationError } from "../command.ts";
import { type CommandGroup, listCommands } from "../registry.ts";
import { projectRoot } from "../stack/workspace.ts";

/** The generated tables: in which document, between the marks of which name, and what they contain. */
const tables: readonly { readonly file: string; readonly name: string; readonly content: () => Promise<string> }[] = [
  { file: "docs/configuration.md", name: "configuration", content: async () => configurationReference() },
  { file: "README.md", name: "commands", content: async () => commandReference(await listCommands()) },
];

export const command = defineCommand({
  name: "docs",
  summary: "write the tables of settings and commands into the documents",
  usage: `npm run docs -- [--check]

The tables are generated from the schema of the settings and from the commands.

  --check   write nothing; fail when a document is out of date`,
  options: { check: { type: "boolean", default: false } },
  async run({ check }) {
    const documents = await outdatedDocuments();
    if (check && documents.length > 0) {
      const files = documents.map(({ file }) => file).join(" and ");
      throw new OperationError(`the tables in ${files} are out of date; bring them up to date with: npm run docs`);
    }
    for (const { file, current } of documents) {
      await writeFile(join(projectRoot, file), current);
    }
    return exitCodes.success;
  },
});

/** The documents whose tables differ from what is generated now, with the text that they should have. */
export async function outdatedDocuments(): Promise<readonly { readonly file: string; readonly current: string }[]> {
  const documents = await Promise.all(
    tables.map(async ({ file, name, content }) => {
      const text = await readFile(join(projectRoot, file), "utf8");
      return { file, text, current: withTable(file, text, name, await content()) };
    }),
  );
  return documents.filter(({ text, current }) => text !== current);
}

/**
 * The document with a table between the marks of that name, whatever stood there before.
 *
 * @param file its name, for the error
 * @throws OperationError the document lacks a mark
 */
export function withTable(file: string, document: string, name: string, table: string): string {
  const startMark = `<!-- ${name}:start -->`;
  const endMark = `<!-- ${name}:end -->`;
  const begin = document.indexOf(startMark);
  const end = document.indexOf(endMark, begin);
  if (begin === -1 || end === -1) {
    throw new OperationError(`${file} has no ${begin === -1 ? startMark : endMark}, so the table has no place`);
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
