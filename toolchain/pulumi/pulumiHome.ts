import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the folder in which Pulumi keeps the credentials and plugins of the user. */
export function pulumiHome(environment: NodeJS.ProcessEnv): string {
  return environment["PULUMI_HOME"] || join(homedir(), ".pulumi");
}

export function pluginFolder(environment: NodeJS.ProcessEnv): string {
  return join(pulumiHome(environment), "plugins");
}
