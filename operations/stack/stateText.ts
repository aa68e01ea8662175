import { readFile } from "node:fs/promises";
import { ProgramFailedError, runQuietly } from "../../toolchain/base/childProcess.mjs";
import type { Backend } from "../../toolchain/pulumi/backend.ts";
import type { Platform } from "../../toolchain/pulumi/engine.ts";
import { stackNotFound, stateFile } from "../../toolchain/pulumi/stack.ts";
import { OperationError } from "../command.ts";

/**
 * The state of a stack as JSON, secrets encrypted; undefined where the backend does not know the stack. A state in the
 * clone is read from its file, which takes milliseconds; any other backend is asked by `pulumi`.
 *
 * @throws OperationError when the backend does not answer
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
 * Where the resources of a state are. After a change of the target that is two places until the old set is removed. Every
 * command asks, so the text is searched: to load a schema and parse it would take 0.1 s.
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
