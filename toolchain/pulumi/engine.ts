import { dirname, join } from "node:path";
import { cacheFolder } from "../base/cache.mjs";
import { findOnPath, withFolderFirst } from "../base/searchPath.ts";
import { provideDockerPlugin } from "../docker/dockerPlugin.ts";
import { provideKubernetesPlugin } from "./kubernetesPlugin.ts";
import { provideLanguageHost } from "./languageHost.ts";
import { builtPulumi } from "./pulumiCli.ts";

/** Where a program's resources are; each place has a plugin of its own. */
export type Platform = keyof typeof providePlugin;

const providePlugin = { docker: provideDockerPlugin, kubernetes: provideKubernetesPlugin } as const;

/**
 * The environment in which `pulumi` can be run: the command itself on PATH, the user's own if there is one, with its
 * language host and the plugins of the program. Adds what is missing; takes some milliseconds when nothing is.
 *
 * @param platforms those whose plugins the program needs
 * @throws SetupError
 */
export async function prepareEngine(
  environment: NodeJS.ProcessEnv = process.env,
  platforms: readonly Platform[] = ["docker"],
): Promise<NodeJS.ProcessEnv> {
  const installed = findOnPath("pulumi", environment);
  const pulumi = installed ?? (await builtPulumi(environment));
  const withPulumi = installed === undefined ? withFolderFirst(dirname(pulumi), environment) : environment;
  // This Node is new enough; another one that is earlier on PATH may not be.
  const withNode = withFolderFirst(dirname(process.execPath), withPulumi);
  let prepared: NodeJS.ProcessEnv = {
    // Reading a module's compiled code instead of compiling it takes 0.3 s off the 1.7 s of an update without change.
    NODE_COMPILE_CACHE: join(await cacheFolder(environment), "node-compile-cache"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...provideLanguageHost(pulumi, withNode),
  };
  for (const platform of platforms) {
    prepared = await providePlugin[platform](pulumi, prepared);
  }
  return prepared;
}
