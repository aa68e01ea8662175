import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import type { Backend } from "./backend.ts";
import { hasSalt, saltFolder } from "./stackFile.ts";

/** The exit code of `pulumi` if the stack does not exist in the backend. */
export const stackNotFound = 6;

/** True if the stack exists in the backend. */
export async function stackExists(projectRoot: string, backend: Backend, stack: string): Promise<boolean> {
  if (backend.folder !== undefined) {
    // Running `pulumi` here would add 0.15 s to every command.
    return exists(await stateFile(projectRoot, backend.folder, stack));
  }
  const question = ["stack", "--show-name", "--stack", stack];
  try {
    await runQuietly("pulumi", question, { directory: projectRoot, environment: backend.environment });
    return true;
  } catch (error) {
    if (error instanceof ProgramFailedError && error.exitCode === stackNotFound) {
      return false;
    }
    throw error;
  }
}

/** Returns the path of the file with the state of a stack, in a backend that keeps the state in files. */
export async function stateFile(projectRoot: string, folder: string, stack: string): Promise<string> {
  return join(folder, ".pulumi/stacks", await projectName(projectRoot), `${stack}.json`);
}

/**
 * Returns the existing paths of earlier states of a stack, in a backend that keeps the state in files. The secrets in
 * these states are encrypted. Neither `pulumi destroy` nor `pulumi stack rm` removes all of them.
 */
export async function earlierStates(projectRoot: string, folder: string, stack: string): Promise<readonly string[]> {
  const project = await projectName(projectRoot);
  const paths = [
    join(folder, ".pulumi/history", project, stack),
    join(folder, ".pulumi/backups", project, stack),
    join(folder, ".pulumi/stacks", project, `${stack}.json.bak`),
  ];
  const found = await Promise.all(paths.map((path) => exists(path)));
  return paths.filter((_path, index) => found[index]);
}

async function projectName(projectRoot: string): Promise<string> {
  return (await readFile(join(projectRoot, "Pulumi.yaml"), "utf8")).match(/^name:\s*(\S+)/m)?.[1] ?? "";
}

/**
 * Creates a stack in the backend and selects it, as `pulumi stack init` does.
 *
 * @throws ProgramFailedError if Pulumi fails, for example because the name of the stack is not valid
 */
export async function createStack(projectRoot: string, backend: Backend, stack: string): Promise<void> {
  const { environment, folder } = backend;
  const create = ["stack", "init", stack];
  if (folder === undefined || (await hasSalt(projectRoot, stack))) {
    await runQuietly("pulumi", create, { directory: projectRoot, environment });
    return;
  }
  // `stack init` writes the salt next to the Pulumi.yaml of the current folder. The salt must not get into the project.
  const directory = saltFolder(folder);
  await mkdir(directory, { recursive: true });
  await copyFile(join(projectRoot, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  await runQuietly("pulumi", [...create, "--no-select"], { directory, environment });
  await runQuietly("pulumi", ["stack", "select", stack], { directory: projectRoot, environment });
}
