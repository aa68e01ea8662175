import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder, exists } from "./cache.mjs";
import { ProgramFailedError, runQuietly } from "./childProcess.mjs";
import { pluginFolder } from "./pulumiHome.ts";
import { findOnPath, withFolderLast } from "./searchPath.ts";
import { say, step } from "./steps.mjs";

const name = "pulumi-resource-docker";
const ownFolder = join(import.meta.dirname, "dockerProvider");

/** Milliseconds the download of the official plugin, some 20 MB, may take. */
const downloadTimeout = 120_000;

/** Milliseconds for which a failed download is not tried again. */
const retryAfter = 24 * 3_600_000;

/**
 * Makes the engine find the plugin of @pulumi/docker: the official one where it is installed or can be downloaded,
 * otherwise this project's provider, through PATH.
 *
 * @param pulumi the path of the `pulumi` command
 */
export async function provideDockerPlugin(pulumi: string, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const version = await sdkVersion();
  const available =
    findOnPath(name, environment) !== undefined ||
    (await isInstalled(version, environment)) ||
    (await download(version, pulumi, environment));
  return available ? environment : withFolderLast(ownFolder, environment);
}

/** The plugin has the version of its SDK. */
async function sdkVersion(): Promise<string> {
  const path = createRequire(import.meta.url).resolve("@pulumi/docker/package.json");
  const { version } = JSON.parse(await readFile(path, "utf8")) as { version: string };
  return version;
}

/** The engine takes any newer release of the same major version as well. */
async function isInstalled(version: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const folder = pluginFolder(environment);
  const entries = (await exists(folder)) ? await readdir(folder) : [];
  return entries.some((entry) => {
    const installed = entry.match(/^resource-docker-v(\d+\.\d+\.\d+)$/)?.[1];
    return installed !== undefined && !entries.includes(`${entry}.partial`) && isCompatible(installed, version);
  });
}

function isCompatible(installed: string, wanted: string): boolean {
  const [major, ...newer] = installed.split(".").map(Number);
  const [wantedMajor, ...atLeast] = wanted.split(".").map(Number);
  const difference = newer.map((part, index) => part - (atLeast[index] ?? 0)).find((part) => part !== 0) ?? 0;
  return major === wantedMajor && difference >= 0;
}

/** @returns whether the plugin is there now */
async function download(version: string, pulumi: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const failure = join(cacheFolder(environment), `docker-plugin-${version}-not-to-be-had`);
  if (await happenedLately(failure)) {
    return false;
  }
  try {
    await step(`downloading Pulumi's Docker plugin ${version}`, () =>
      runQuietly(pulumi, ["plugin", "install", "resource", "docker", version], {
        environment,
        timeout: downloadTimeout,
      }),
    );
    await rm(failure, { force: true });
    return true;
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) {
      throw error;
    }
    await mkdir(dirname(failure), { recursive: true });
    await writeFile(failure, error.message);
    say(`using this project's own Docker provider: Pulumi's cannot be downloaded (see ${failure}); next try tomorrow`);
    return false;
  }
}

async function happenedLately(record: string): Promise<boolean> {
  return (await exists(record)) && Date.now() - (await stat(record)).mtimeMs < retryAfter;
}
