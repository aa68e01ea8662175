import { homedir } from "node:os";
import { join } from "node:path";

/** Where Pulumi keeps what belongs to the user: credentials and plugins. */
export function pulumiHome(environment: NodeJS.ProcessEnv): string {
  return environment["PULUMI_HOME"] || join(homedir(), ".pulumi");
}

export function pluginFolder(environment: NodeJS.ProcessEnv): string {
  return join(pulumiHome(environment), "plugins");
}
