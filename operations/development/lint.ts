import { open, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { ensureDebianPackages } from "../../toolchain/base/debianPackages.ts";
import { actionlint } from "../../toolchain/workflows/actionlint.ts";
import { defineCommand, exitCodes } from "../command.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "lint",
  summary: "check format and style of all sources, shell scripts and GitHub workflows included",
  usage: `npm run lint -- [--write]

Runs biome over the whole project, shellcheck over every shell script, and actionlint over the GitHub workflows.

  --write  let biome apply its safe fixes`,
  options: { write: { type: "boolean", default: false } },
  async run({ write }) {
    const sources = ["check", "--error-on-warnings", ...(write ? ["--write"] : [])];
    const biome = await runInForeground("node_modules/.bin/biome", sources, { directory: projectRoot });
    await ensureDebianPackages([{ package: "shellcheck", command: "shellcheck", why: "it checks the shell scripts" }]);
    const scripts = await shellScripts(projectRoot);
    // Checks each script together with the files that it sources.
    const scriptOptions = ["--external-sources", "--source-path=SCRIPTDIR"];
    const shellcheck = await runInForeground("shellcheck", [...scriptOptions, ...scripts], { directory: projectRoot });
    const workflows = await runInForeground(await actionlint(process.env), [], { directory: projectRoot });
    return [biome, shellcheck, workflows].every((exitCode) => exitCode === 0) ? exitCodes.success : exitCodes.failure;
  },
});

/** Lists all files that end in .sh or start with the `#!` line of a shell, relative to the root. */
async function shellScripts(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) {
      found.push(...(await shellScripts(path)));
    } else if (entry.isFile() && (entry.name.endsWith(".sh") || (await startsAsShell(path)))) {
      found.push(relative(projectRoot, path));
    }
  }
  return found.toSorted();
}

const skippedFolders: ReadonlySet<string> = new Set([".git", ".state", "node_modules"]);

async function startsAsShell(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return /^#!\S*[/ ](?:env )?(?:ba|da)?sh\b/.test(buffer.toString("utf8", 0, bytesRead));
  } finally {
    await file.close();
  }
}
