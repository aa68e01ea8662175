import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../base/cache.mjs";
import { withFolderLast } from "../base/searchPath.ts";
import { add } from "../base/steps.mjs";
import { goBuild, goModuleFolder, recipeDigest } from "./goBuild.ts";
import { isAvailable } from "./officialPlugin.ts";

/** The newest release with a Go module in the checksum database. It also works with newer SDKs of its major version. */
const version = "4.18.1";

const plugin = {
  name: "kubernetes",
  title: "Kubernetes",
  substitute: `Kubernetes provider ${version}, built from its Go module`,
};

const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** Minutes that the build takes on two cores with an empty Go cache. */
export const buildMinutes = 6;

/** The folder of the Go module. Its go.sum pins the checksums of all dependencies. */
const recipe = join(import.meta.dirname, "kubernetesPlugin");

/**
 * Provides the plugin of @pulumi/kubernetes to the engine. Uses the official plugin if it is installed or can be
 * downloaded. Otherwise builds the plugin from the provider's Go module into the user's cache, and adds it to PATH. The
 * build takes `buildMinutes` and runs once for all clones.
 *
 * @param pulumi the path of the `pulumi` command
 * @returns the environment for the engine
 * @throws SetupError if Go is missing or the build fails
 */
export async function provideKubernetesPlugin(
  pulumi: string,
  environment: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const available = await isAvailable(plugin, pulumi, environment);
  return available ? environment : withFolderLast(await builtPlugin(environment), environment);
}

/** @returns the folder of the executable */
async function builtPlugin(environment: NodeJS.ProcessEnv): Promise<string> {
  const what = `Kubernetes provider ${version}`;
  const reason = `it is the plugin of @pulumi/kubernetes and cannot be downloaded; building it from its Go module takes about ${buildMinutes} minutes on 2 cores, once`;
  return cached(
    `kubernetes-plugin-${version}-${await recipeDigest(recipe)}`,
    `building ${what}`,
    (aside) => add(`${what} (into the user's cache)`, reason, (report) => build(aside, environment, report)),
    environment,
  );
}

const advice =
  "install the plugin on a network that allows its download: pulumi plugin install resource kubernetes " +
  "(https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/)";

async function build(
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: (progress: string) => void,
): Promise<void> {
  const source = join(folder, "source");
  await cp(recipe, source, { recursive: true });
  const module = await goModuleFolder(source, providerModule, advice, environment);
  await writeEmbedded(join(module, "cmd/pulumi-resource-kubernetes"), source);
  const programs = {
    directory: source,
    packages: ["."],
    output: join(folder, "pulumi-resource-kubernetes"),
    variables: { [`${providerModule}/pkg/version.Version`]: version },
  };
  await goBuild(programs, advice, environment, report);
  await rm(source, { recursive: true });
}

/**
 * Does the same as generate.go of the module: adds the version to the schema, and writes both files without white
 * space.
 */
async function writeEmbedded(from: string, to: string): Promise<void> {
  const [schema, mapping] = await Promise.all(
    ["schema", "terraform-mapping"].map(async (file) => JSON.parse(await readFile(join(from, `${file}.json`), "utf8"))),
  );
  await writeFile(join(to, "schema-embed.json"), JSON.stringify({ ...schema, version }));
  await writeFile(join(to, "terraform-mapping-embed.json"), JSON.stringify(mapping));
}
