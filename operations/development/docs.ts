import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationReference } from "../../topology/settings/reference.ts";
import { defineCommand, exitCodes, OperationError } from "../command.ts";
import { type CommandGroup, listCommands } from "../registry.ts";
import { projectRoot } from "../stack/workspace.ts";

/** The generated tables: the document, the name of the marks that enclose the table, and its content. */
const tables: readonly { readonly file: string; readonly name: string; readonly content: () => Promise<string> }[] = [
  { file: "docs/configuration.md", name: "configuration", content: async () => configurationReference() },
  { file: "README.md", name: "commands", content: async () => commandReference(await listCommands()) },
];

export const command = defineCommand({
  name: "docs",
  summary: "write the tables of settings and commands into the documents",
  usage: `npm run docs -- [--check]

Generates the tables from the schema of the settings and from the commands.

  --check   write nothing; fail if a document is out of date`,
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

/** Finds the documents whose tables are out of date, and generates the text that they should have. */
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
 * Replaces the text between two marks of a document by a table.
 *
 * @param file the document's name, for the error message
 * @param name the name in the marks
 * @throws OperationError if the document has no such mark
 */
export function withTable(file: string, document: string, name: string, table: string): string {
  const startMark = `<!-- ${name}:start -->`;
  const endMark = `<!-- ${name}:end -->`;
  const begin = document.indexOf(startMark);
  const end = document.indexOf(endMark, begin);
  if (begin === -1 || end === -1) {
    throw new OperationError(`${file} has no ${begin === -1 ? startMark : endMark}, so the table cannot be inserted`);
  }
  return `${document.slice(0, begin + startMark.length)}\n\n${table}\n${document.slice(end)}`;
}

/** One table for each group of commands. */
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
