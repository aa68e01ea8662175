import { chmod, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../base/cache.mjs";
import { findOnPath } from "../base/searchPath.ts";
import { SetupError } from "../base/setupError.mjs";
import { add } from "../base/steps.mjs";
import { goBuild } from "./goBuild.ts";

/** Minutes that the build takes on two cores with an empty Go cache. */
const buildMinutes = 5;

/** The folder of the Go module. Its go.sum pins the checksums of all dependencies. */
const recipe = join(import.meta.dirname, "cli");

/**
 * Builds the `pulumi` command from its Go module into the user's cache, for a machine without Pulumi. The build takes
 * `buildMinutes` and runs once for all clones.
 *
 * @returns the path of the executable
 * @throws SetupError if Go is missing or the build fails
 */
export async function builtPulumi(environment: NodeJS.ProcessEnv): Promise<string> {
  const version = await recipeVersion();
  const folder = await cached(
    `pulumi-${version}`,
    `building Pulumi ${version}`,
    (aside) => build(version, aside, environment),
    environment,
  );
  return join(folder, "pulumi");
}

/** @returns the version of Pulumi in the recipe's go.mod, such as `3.259.0` */
export async function recipeVersion(): Promise<string> {
  const goMod = await readFile(join(recipe, "go.mod"), "utf8");
  const version = goMod.match(/^\s*github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/m)?.[1];
  if (version === undefined) {
    throw new Error(`${recipe}/go.mod does not require github.com/pulumi/pulumi/pkg/v3`);
  }
  return version;
}

async function build(version: string, folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  if (findOnPath("go", environment) === undefined) {
    throw new SetupError(
      "there is no `pulumi` on PATH, and no `go` to build it with",
      "install Pulumi, https://www.pulumi.com/docs/install/, or Go, https://go.dev/doc/install, and run the command again",
    );
  }
  const what = `Pulumi ${version} (into the user's cache)`;
  const reason = `there is no \`pulumi\` on PATH; building it from its Go module takes about ${buildMinutes} minutes on 2 cores, once`;
  await add(what, reason, async (report) => {
    await compile(version, folder, environment, report);
    // Pulumi searches its own folder for language hosts before any other folder.
    await copyFile(join(import.meta.dirname, "languageHost/besidePulumi.sh"), join(folder, "pulumi-language-nodejs"));
    await chmod(join(folder, "pulumi-language-nodejs"), 0o755);
  });
}

async function compile(
  version: string,
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: (progress: string) => void,
): Promise<void> {
  const programs = {
    directory: recipe,
    packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
    output: join(folder, "pulumi"),
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}` },
    tags: ["osusergo", "grpcnotrace"],
  };
  await goBuild(programs, "install Pulumi instead: https://www.pulumi.com/docs/install/", environment, report);
}
