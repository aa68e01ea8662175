import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Platform } from "../../toolchain/pulumi/engine.ts";

/**
 * Where a stack runs, as far as its file says so plainly. Whether the file is right is for the program to judge, which
 * cannot run before its platform is there.
 */
export async function stackPlatform(projectRoot: string, stack: string): Promise<Platform> {
  return /^\s+redis-ha:target:\s*["']?kubernetes\b/m.test(await stackFile(projectRoot, stack))
    ? "kubernetes"
    : "docker";
}

/** Empty where there is none. */
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
