import { join } from "node:path";
import { withFolderLast } from "../base/searchPath.ts";
import { isAvailable } from "../pulumi/officialPlugin.ts";

const plugin = { name: "docker", title: "Docker", substitute: "this project's own Docker provider" };

const ownFolder = join(import.meta.dirname, "../dockerProvider");

/**
 * Provides the plugin of @pulumi/docker to the engine. Uses the official plugin if it is installed or can be
 * downloaded. Otherwise adds this project's provider to PATH.
 *
 * @param pulumi the path of the `pulumi` command
 * @returns the environment for the engine
 */
export async function provideDockerPlugin(pulumi: string, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  return (await isAvailable(plugin, pulumi, environment)) ? environment : withFolderLast(ownFolder, environment);
}
