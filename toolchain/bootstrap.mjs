import { cp, readFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./base/cache.mjs";
import { ProgramFailedError, runInForeground, runQuietly } from "./base/childProcess.mjs";
import { InterruptedError } from "./base/interruption.mjs";
import { withLock } from "./base/lock.mjs";
import { SetupError } from "./base/setupError.mjs";
import { add } from "./base/steps.mjs";
import { typeScriptOptions } from "./base/typeScript.mjs";
import { unanswerableQuestion } from "./consent.mjs";

/**
 * `node toolchain/bootstrap.mjs <command> [arguments]`: runs a command of this project in a clone where nothing has
 * been installed yet. This file and the files that it imports must run on Node 20 with built-in modules only.
 */
const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/**
 * The oldest supported Node version. undici, the HTTP client for the Kubernetes API, needs 22.19. Node runs TypeScript
 * files directly since 22.18.
 */
const oldestNode = "22.19";

/** Exit code: something that is needed could not be installed (EX_UNAVAILABLE of sysexits.h). */
const unavailable = 69;

/** Exit code: the arguments are wrong (EX_USAGE). */
const wrongUsage = 64;

try {
  process.exitCode = await bootstrap(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}

/** @param {readonly string[]} commandLine */
async function bootstrap(commandLine) {
  const question = unanswerableQuestion(commandLine, process.stdin.isTTY === true);
  if (question !== undefined) {
    console.error(`error: ${question}`);
    return wrongUsage;
  }
  const nodeFolder = await modernNode();
  const environment = { ...process.env, PATH: [nodeFolder, process.env["PATH"]].join(delimiter) };
  await installDependencies(environment);
  const program = [...typeScriptOptions, join(projectRoot, "operations/main.ts"), ...commandLine];
  return runInForeground(join(nodeFolder, "node"), program, { directory: projectRoot, environment });
}

/** @returns {Promise<string>} the folder of a `node` that is new enough */
async function modernNode() {
  if (process.versions.node.localeCompare(oldestNode, "en", { numeric: true }) >= 0) {
    return dirname(process.execPath);
  }
  const recipe = join(projectRoot, "toolchain/node");
  const { optionalDependencies } = JSON.parse(await readFile(join(recipe, "package.json"), "utf8"));
  const packageName = `node-${platform()}-${arch()}`;
  const version = optionalDependencies[packageName];
  const binaries = join("node_modules", packageName, "bin");
  const reason = `Node ${oldestNode} or newer is needed, this is Node ${process.versions.node}`;
  if (version === undefined) {
    throw new SetupError(reason, "install Node from https://nodejs.org/en/download and run the command again");
  }
  const folder = await cached(`node-${version}`, `installing Node ${version}`, (aside) =>
    add(`Node ${version} (npm package ${packageName}, into the user's cache)`, reason, async () => {
      await cp(recipe, aside, { recursive: true });
      await npmCleanInstall(aside, process.env);
      // The package is an optional dependency, so npm succeeds even if it could not install the package.
      await runQuietly(join(aside, binaries, "node"), ["--version"]);
    }),
  );
  return join(folder, binaries);
}

/** @param {NodeJS.ProcessEnv} environment */
async function installDependencies(environment) {
  if (await dependenciesMatch()) {
    return;
  }
  await withLock(projectRoot, "installing the npm packages", async () => {
    if (!(await dependenciesMatch())) {
      await add("the npm packages of package-lock.json", "node_modules is missing or out of date", () =>
        npmCleanInstall(projectRoot, environment),
      );
    }
  });
}

/**
 * Checks whether node_modules matches package-lock.json. npm writes its own lock file into node_modules as the last
 * step of an installation, so an interrupted installation does not match.
 */
async function dependenciesMatch() {
  const [wanted, installed] = await Promise.all(
    ["package-lock.json", "node_modules/.package-lock.json"].map(async (path) => {
      const text = await readFile(join(projectRoot, path), "utf8").catch(() => undefined);
      return text === undefined ? undefined : JSON.parse(text).packages;
    }),
  );
  if (wanted === undefined || installed === undefined) {
    return false;
  }
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const found = installed[path];
    return path === "" || (found === undefined ? optional === true : found.version === version);
  });
}

/**
 * @param {string} directory
 * @param {NodeJS.ProcessEnv} environment
 */
async function npmCleanInstall(directory, environment) {
  await runQuietly("npm", ["ci", "--no-audit", "--no-fund"], { directory, environment });
}

/**
 * @param {unknown} error
 * @returns {number} the exit code
 */
function report(error) {
  if (error instanceof InterruptedError) {
    return error.exitCode;
  }
  if (error instanceof SetupError || error instanceof ProgramFailedError) {
    console.error(`error: ${error.message}`);
    return unavailable;
  }
  throw error;
}
