import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../base/cache.mjs";
import { findOnPath } from "../base/searchPath.ts";
import { add } from "../base/steps.mjs";
import { goBuild } from "../pulumi/goBuild.ts";

/** The Go module that is built, with go.sum beside it: the checksums of everything that goes into the build. */
const recipe = join(import.meta.dirname, "actionlint");

/**
 * The linter of GitHub workflows: the one on PATH, or one that is built from its Go module into the user's cache. That
 * takes half a minute, once.
 *
 * @returns the path of the executable
 * @throws SetupError there is no Go, or the build fails
 */
export async function actionlint(environment: NodeJS.ProcessEnv): Promise<string> {
  const installed = findOnPath("actionlint", environment);
  if (installed !== undefined) {
    return installed;
  }
  const name = `actionlint-${await recipeVersion()}`;
  const folder = await cached(name, `building ${name}`, (aside) => build(name, aside, environment), environment);
  return join(folder, "actionlint");
}

/** @returns the version in the recipe's go.mod, such as `1.7.12` */
async function recipeVersion(): Promise<string> {
  const goMod = await readFile(join(recipe, "go.mod"), "utf8");
  const version = goMod.match(/^\s*github\.com\/rhysd\/actionlint v(\S+)/m)?.[1];
  if (version === undefined) {
    throw new Error(`${recipe}/go.mod does not require github.com/rhysd/actionlint`);
  }
  return version;
}

async function build(name: string, folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const programs = {
    directory: recipe,
    packages: ["github.com/rhysd/actionlint/cmd/actionlint"],
    output: join(folder, "actionlint"),
    variables: {},
  };
  const advice = "install actionlint instead: https://github.com/rhysd/actionlint/blob/main/docs/install.md";
  await add(`${name} (into the user's cache)`, "it checks the GitHub workflows", (report) =>
    goBuild(programs, advice, environment, report),
  );
}
