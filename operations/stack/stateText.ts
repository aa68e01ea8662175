import { readFile } from "node:fs/promises";
import { ProgramFailedError, runQuietly } from "../../toolchain/base/childProcess.mjs";
import type { Backend } from "../../toolchain/pulumi/backend.ts";
import type { Platform } from "../../toolchain/pulumi/engine.ts";
import { stackNotFound, stateFile } from "../../toolchain/pulumi/stack.ts";
import { OperationError } from "../command.ts";

/**
 * Reads the state of a stack as JSON text. Secrets stay encrypted. A state in the clone is read from its file, which
 * takes milliseconds. The state in any other backend is read by `pulumi`.
 *
 * @returns undefined if the backend has no such stack
 * @throws OperationError if the backend does not answer
 */
export async function readStateText(
  projectRoot: string,
  { folder, environment }: Backend,
  stack: string,
): Promise<string | undefined> {
  if (folder !== undefined) {
    return readIfExists(await stateFile(projectRoot, folder, stack));
  }
  try {
    return await runQuietly("pulumi", ["stack", "export", "--stack", stack], { directory: projectRoot, environment });
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      if (error.exitCode === stackNotFound) {
        return undefined;
      }
      throw new OperationError(error.message);
    }
    throw error;
  }
}

/**
 * Lists the platforms on which a state has resources. After a change of the target there are two, until the old set is
 * removed. Every command calls this function, so it only searches the text: loading a schema and parsing the text would
 * take 0.1 s.
 */
export function statedPlatforms(text: string | undefined): readonly Platform[] {
  const platforms: readonly Platform[] = ["docker", "kubernetes"];
  return platforms.filter((platform) =>
    new RegExp(`"type":\\s*"(pulumi:providers:${platform}"|${platform}:)`).test(text ?? ""),
  );
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
