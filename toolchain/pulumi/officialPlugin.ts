import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cacheFolder, exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { findOnPath } from "../base/searchPath.ts";
import { say, step } from "../base/steps.mjs";
import { pluginFolder } from "./pulumiHome.ts";

/** A resource plugin of the Pulumi engine. */
export interface Plugin {
  /** The name as in `pulumi-resource-docker` and `@pulumi/docker`. */
  readonly name: string;
  /** The name in messages, such as "Docker". */
  readonly title: string;
  /** What is used if the plugin cannot be downloaded, such as "this project's own Docker provider". */
  readonly substitute: string;
}

/** Milliseconds within which the official plugin, 20 to 60 MB, must be downloaded. */
const downloadTimeout = 120_000;

/** Milliseconds after which a failed download is tried again. */
const retryAfter = 24 * 3_600_000;

/**
 * Checks whether the engine finds the plugin: on PATH, or as an installed official plugin. Downloads the official
 * plugin if neither is there.
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

/** Returns the version of the SDK, which is also the version of its plugin. */
async function sdkVersion({ name }: Plugin): Promise<string> {
  const path = createRequire(import.meta.url).resolve(`@pulumi/${name}/package.json`);
  const { version } = JSON.parse(await readFile(path, "utf8")) as { version: string };
  return version;
}

/** True if this or a newer release of the same major version is installed: the engine accepts both. */
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

/** @returns true if the plugin is installed now */
async function download(
  { name, title, substitute }: Plugin,
  version: string,
  pulumi: string,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const failure = join(await cacheFolder(environment), `${name}-plugin-${version}-not-to-be-had`);
  if (await failedRecently(failure)) {
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
    say(
      `using ${substitute}: the official plugin cannot be downloaded (see ${failure}); the download is tried again tomorrow`,
    );
    return false;
  }
}

async function failedRecently(record: string): Promise<boolean> {
  return (await exists(record)) && Date.now() - (await stat(record)).mtimeMs < retryAfter;
}
