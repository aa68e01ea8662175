import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cacheFolder, exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { findOnPath } from "../base/searchPath.ts";
import { say, step } from "../base/steps.mjs";
import { pluginFolder } from "./pulumiHome.ts";

/** A resource plugin of the engine. */
export interface Plugin {
  /** As in `pulumi-resource-docker` and `@pulumi/docker`. */
  readonly name: string;
  /** As people write it, such as "Docker". */
  readonly title: string;
  /** What is used where it cannot be had, such as "this project's own Docker provider". */
  readonly substitute: string;
}

/** Milliseconds the download of the official plugin, some 20 to 60 MB, may take. */
const downloadTimeout = 120_000;

/** Milliseconds for which a failed download is not tried again. */
const retryAfter = 24 * 3_600_000;

/**
 * Whether the engine finds the plugin by itself: on PATH, or because the official one is installed or could be
 * downloaded now.
 *
 * @param pulumi the path of the `pulumi` command
 */
export async function isAvailable(plugin: Plugin, pulumi: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const version = await sdkVersion(plugin);
  return (
    findOnPath(`pulumi-resource-${plugin.name}`, environment) !== undefined ||
    (await isInstalled(plugin, version, environment)) ||
    (await download(plugin, version, pulumi, environment))
  );
}

/** The plugin has the version of its SDK. */
async function sdkVersion({ name }: Plugin): Promise<string> {
  const path = createRequire(import.meta.url).resolve(`@pulumi/${name}/package.json`);
  const { version } = JSON.parse(await readFile(path, "utf8")) as { version: string };
  return version;
}

/** The engine takes any newer release of the same major version as well. */
async function isInstalled({ name }: Plugin, version: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const folder = pluginFolder(environment);
  const entries = (await exists(folder)) ? await readdir(folder) : [];
  const prefix = `resource-${name}-v`;
  return entries
    .filter((entry) => entry.startsWith(prefix) && !entries.includes(`${entry}.partial`))
    .map((entry) => entry.slice(prefix.length))
    .some((installed) => /^\d+\.\d+\.\d+$/.test(installed) && isCompatible(installed, version));
}

function isCompatible(installed: string, wanted: string): boolean {
  const [major, ...newer] = installed.split(".").map(Number);
  const [wantedMajor, ...atLeast] = wanted.split(".").map(Number);
  const difference = newer.map((part, index) => part - (atLeast[index] ?? 0)).find((part) => part !== 0) ?? 0;
  return major === wantedMajor && difference >= 0;
}

/** @returns whether the plugin is there now */
async function download(
  { name, title, substitute }: Plugin,
  version: string,
  pulumi: string,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const failure = join(await cacheFolder(environment), `${name}-plugin-${version}-not-to-be-had`);
  if (await happenedLately(failure)) {
    return false;
  }
  try {
    await step(`downloading Pulumi's ${title} plugin ${version}`, () =>
      runQuietly(pulumi, ["plugin", "install", "resource", name, version], { environment, timeout: downloadTimeout }),
    );
    await rm(failure, { force: true });
    return true;
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) {
      throw error;
    }
    await writeFile(failure, error.message);
    say(`using ${substitute}: Pulumi's cannot be downloaded (see ${failure}); next try tomorrow`);
    return false;
  }
}

async function happenedLately(record: string): Promise<boolean> {
  return (await exists(record)) && Date.now() - (await stat(record)).mtimeMs < retryAfter;
}
