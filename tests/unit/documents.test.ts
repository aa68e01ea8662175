import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { listCommands } from "../../operations/registry.ts";

const root = join(import.meta.dirname, "../..");

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: root })
  .toString()
  .trim()
  .split("\n")
  .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));

test("every link in a document leads to an existing file and heading", () => {
  const broken = documents.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].flatMap(([link, path = "", heading]) => {
      const target = path === "" ? file : join(dirname(file), path);
      return leadsTo(target, heading) ? [] : [`${file}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("every command in a document exists", async () => {
  const commands = (await listCommands()).flatMap((group) => group.commands.map(({ name }) => name));
  const scripts = Object.keys(
    (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly scripts: object }).scripts,
  );
  const unknown = documents.flatMap(({ file, text }) => [
    ...[...text.matchAll(/npm run (?:--silent )?([a-z][a-z:]*)/g)].flatMap(([, name = ""]) =>
      scripts.includes(name) ? [] : [`${file}: npm run ${name}`],
    ),
    ...[...text.matchAll(/\.\/redis-ha ([a-z][a-z:]*)/g)].flatMap(([, name = ""]) =>
      [...commands, "help"].includes(name) ? [] : [`${file}: ./redis-ha ${name}`],
    ),
  ]);
  expect(unknown).toEqual([]);
});

test("README.md has at most 130 lines, and links to every page in docs/", () => {
  const readme = documents.find(({ file }) => file === "README.md")?.text ?? "";
  expect(readme.split("\n").length).toBeLessThanOrEqual(130);
  const pages = documents.map(({ file }) => file).filter((file) => file.startsWith("docs/"));
  expect(pages.filter((page) => !readme.includes(`](${page}`))).toEqual([]);
});

function leadsTo(target: string, heading: string | undefined): boolean {
  if (!existsSync(join(root, target))) {
    return false;
  }
  return heading === undefined || headingsOf(readFileSync(join(root, target), "utf8")).includes(heading);
}

/** The anchors that GitHub gives to headings: lower case, spaces as hyphens, without other signs. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
