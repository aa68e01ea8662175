import { join } from "node:path";
import { withFolderLast } from "../base/searchPath.ts";
import { isAvailable } from "../pulumi/officialPlugin.ts";

const plugin = { name: "docker", title: "Docker", substitute: "this project's own Docker provider" };

const ownFolder = join(import.meta.dirname, "../dockerProvider");

/**
 * Makes the engine find the plugin of @pulumi/docker: the official one where it is installed or can be downloaded,
 * otherwise this project's provider, through PATH.
 *
 * @param pulumi the path of the `pulumi` command
 */
export async function provideDockerPlugin(pulumi: string, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  return (await isAvailable(plugin, pulumi, environment)) ? environment : withFolderLast(ownFolder, environment);
}
