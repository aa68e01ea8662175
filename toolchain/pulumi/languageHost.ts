import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath, withFolderLast } from "../base/searchPath.ts";
import { pluginFolder } from "./pulumiHome.ts";

const name = "pulumi-language-nodejs";
const ownFolder = join(import.meta.dirname, "languageHost");

/**
 * Provides a language host for Node programs to the engine. Uses Pulumi's own if it is installed. Otherwise adds this
 * project's language host to PATH.
 *
 * @param pulumi the path of the `pulumi` command
 * @returns the environment for the engine
 */
export function provideLanguageHost(pulumi: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Only besidePulumi.sh reads this variable.
  const prepared = { ...environment, REDIS_HA_LANGUAGE_HOST: join(ownFolder, name) };
  const found =
    existsSync(join(dirname(realpathSync(pulumi)), name)) ||
    findOnPath(name, environment) !== undefined ||
    installedAsPlugin(environment);
  return found ? prepared : withFolderLast(ownFolder, prepared);
}

function installedAsPlugin(environment: NodeJS.ProcessEnv): boolean {
  const folder = pluginFolder(environment);
  return existsSync(folder) && readdirSync(folder).some((entry) => entry.startsWith("language-nodejs-v"));
}
