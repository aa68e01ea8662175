import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../base/cache.mjs";
import { withFolderLast } from "../base/searchPath.ts";
import { add } from "../base/steps.mjs";
import { goBuild, goModuleFolder, recipeDigest } from "./goBuild.ts";
import { isAvailable } from "./officialPlugin.ts";

/** The newest release whose Go module the checksum database knows; it serves newer SDKs of its major version. */
const version = "4.18.1";

const plugin = {
  name: "kubernetes",
  title: "Kubernetes",
  substitute: `Kubernetes provider ${version}, built from its Go module`,
};

const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** How long the build takes on two cores, with nothing in Go's cache. */
export const buildMinutes = 6;

/** The Go module that is built, with go.sum beside it: the checksums of everything that goes into the build. */
const recipe = join(import.meta.dirname, "kubernetesPlugin");

/**
 * Makes the engine find the plugin of @pulumi/kubernetes: the official one where it is installed or can be downloaded,
 * otherwise one that is built from the provider's own Go module into the user's cache, through PATH. The build takes
 * `buildMinutes`, once for all clones.
 *
 * @param pulumi the path of the `pulumi` command
 * @throws SetupError there is no Go, or the build fails
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
  const reason = `the plugin of @pulumi/kubernetes; it is built from its Go module, about ${buildMinutes} minutes on 2 cores, once`;
  return cached(
    `kubernetes-plugin-${version}-${await recipeDigest(recipe)}`,
    `building ${what}`,
    (aside) => add(`${what} (into the user's cache)`, reason, (report) => build(aside, environment, report)),
    environment,
  );
}

const advice =
  "install the plugin where it can be downloaded: pulumi plugin install resource kubernetes " +
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

/** What the module's generate.go does: the schema with its version, and both files without white space. */
async function writeEmbedded(from: string, to: string): Promise<void> {
  const [schema, mapping] = await Promise.all(
    ["schema", "terraform-mapping"].map(async (file) => JSON.parse(await readFile(join(from, `${file}.json`), "utf8"))),
  );
  await writeFile(join(to, "schema-embed.json"), JSON.stringify({ ...schema, version }));
  await writeFile(join(to, "terraform-mapping-embed.json"), JSON.stringify(mapping));
}
