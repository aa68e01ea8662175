import { readFile } from "node:fs/promises";
import { z } from "zod";
import { isOf, type StatedResource, statedResources } from "../hosts/stated.ts";
import type { Backend } from "../toolchain/backend.ts";
import { ProgramFailedError, runQuietly } from "../toolchain/childProcess.mjs";
import type { Platform } from "../toolchain/engine.ts";
import { stackNotFound, stateFile } from "../toolchain/stack.ts";
import { OperationError } from "./command.ts";

/**
 * The resources that the state of a stack has; none where the backend does not know the stack. Secrets stay encrypted.
 * A state in the clone is read from its file, which takes milliseconds; any other backend is asked by `pulumi`.
 *
 * @throws OperationError when the backend does not answer
 */
export async function readState(
  projectRoot: string,
  { folder, environment }: Backend,
  stack: string,
): Promise<readonly StatedResource[]> {
  if (folder !== undefined) {
    const file = parseIfWhole(await readIfExists(await stateFile(projectRoot, folder, stack)));
    return file === undefined ? [] : checkpointFile.parse(file).checkpoint.latest;
  }
  try {
    const exported = await runQuietly("pulumi", ["stack", "export", "--stack", stack], {
      directory: projectRoot,
      environment,
    });
    return exportedStack.parse(JSON.parse(exported)).deployment;
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      if (error.exitCode === stackNotFound) {
        return [];
      }
      throw new OperationError(error.message);
    }
    throw error;
  }
}

/** Where the resources of a state are. After a change of the target that is two places until the old set is removed. */
export function statedPlatforms(resources: readonly StatedResource[]): readonly Platform[] {
  const platforms: readonly Platform[] = ["docker", "kubernetes"];
  return platforms.filter((platform) => resources.some((resource) => isOf(platform, resource)));
}

const checkpointFile = z.object({ checkpoint: z.object({ latest: statedResources }) });

const exportedStack = z.object({ deployment: statedResources });

/** Undefined for half a file, which Pulumi itself refuses in its own words. */
function parseIfWhole(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
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
