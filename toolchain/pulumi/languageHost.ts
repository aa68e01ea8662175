import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath, withFolderLast } from "../base/searchPath.ts";
import { pluginFolder } from "./pulumiHome.ts";

const name = "pulumi-language-nodejs";
const ownFolder = join(import.meta.dirname, "languageHost");

/**
 * Makes the engine find a language host for Node programs: Pulumi's own wherever there is one, otherwise this
 * project's.
 *
 * @param pulumi the path of the `pulumi` command
 */
export function provideLanguageHost(pulumi: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Read by the launcher that stands beside a Pulumi built by this project, and by nothing else.
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
