import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Platform } from "../../toolchain/pulumi/engine.ts";

/**
 * Reads a stack's platform from its configuration file, by a text search. The file is not validated here: the Pulumi
 * program does that, and it cannot run before its platform has been prepared.
 */
export async function stackPlatform(projectRoot: string, stack: string): Promise<Platform> {
  return /^\s+redis-ha:target:\s*["']?kubernetes\b/m.test(await stackFile(projectRoot, stack))
    ? "kubernetes"
    : "docker";
}

/** Returns an empty text if there is no such file. */
async function stackFile(projectRoot: string, stack: string): Promise<string> {
  try {
    return await readFile(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return "";
    }
    throw error;
  }
}
