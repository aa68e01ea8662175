import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type Docker from "dockerode";
import { type Recipe, suite, tools } from "./recipes.ts";
import { RecipeError, runScript, tarFromScripts, tarOfFiles } from "./script.ts";

/** The image of the container that runs a recipe if the machine itself cannot. */
export const debianImage = `debian:${suite}-slim`;

/**
 * The reason why recipes cannot run on this machine, or undefined if they can. They need Debian or Ubuntu, root, the
 * architecture of the engine that will run the image, and mmdebstrap, which is installed if it is missing.
 *
 * @param docker the engine. Undefined if this machine itself will run the image
 */
export async function obstacleOnThisMachine(docker?: Docker): Promise<string | undefined> {
  if (process.platform !== "linux" || !existsSync("/etc/debian_version")) {
    return "this machine is neither Debian nor Ubuntu";
  }
  if (process.getuid?.() !== 0) {
    return "this process is not root";
  }
  const architecture = docker === undefined ? undefined : (await docker.version()).Arch;
  if (architecture !== undefined && dockerArchitecture[process.arch] !== architecture) {
    return `the Docker engine runs on ${architecture}, this machine is ${process.arch}`;
  }
  return await obstacleOfTools();
}

const dockerArchitecture: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

async function obstacleOfTools(): Promise<string | undefined> {
  try {
    await runScript("tools.sh", { SUITE: suite });
    return undefined;
  } catch (error) {
    if (error instanceof RecipeError) {
      return `mmdebstrap could not be installed: ${error.lastLines.split("\n").at(-1)}`;
    }
    throw error;
  }
}

/**
 * Runs a recipe on this machine.
 *
 * @returns the image's files as a tar. The stream fails with a RecipeError if the recipe fails
 */
export function treeOnThisMachine(recipe: Recipe): Readable {
  return tarFromScripts(recipe.scripts, environmentOf(recipe));
}

/**
 * Runs a recipe in a container of DEBIAN_IMAGE, which must be present. npm still runs on this machine, because a
 * container does not have the certificate authorities that this machine trusts.
 *
 * @param use receives the image's files as a tar. The container is removed afterwards
 * @throws RecipeError
 */
export async function treeInContainer<T>(
  docker: Docker,
  recipe: Recipe,
  use: (tar: Readable) => Promise<T>,
): Promise<T> {
  const container = await docker.createContainer({
    Image: debianImage,
    Cmd: ["sh", "-c", "sh /opt/tools.sh && sh /opt/tree.sh /image"],
    Env: Object.entries(environmentOf(recipe)).map(([key, value]) => `${key}=${value}`),
    // Creates the folder, so that files can be copied there before the start.
    WorkingDir: "/image",
    // Makes the log one stream of plain text.
    Tty: true,
    Labels: { "redis-ha.part": "image-build" },
  });
  try {
    const scripts = recipe.scripts.filter((script) => script !== "tree.sh");
    if (scripts.length > 0) {
      await container.putArchive(tarFromScripts(scripts, {}), { path: "/image" });
    }
    await container.putArchive(tarOfFiles(["tools.sh", "tree.sh"]), { path: "/opt" });
    await runToEnd(container);
    return await use((await container.getArchive({ path: "/image/." })) as Readable);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** The number of lines of a container's log that are shown. */
const shownLines = 12;

async function runToEnd(container: Docker.Container): Promise<void> {
  await container.start();
  const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
  if (code !== 0) {
    const log = await container.logs({ stdout: true, tail: shownLines });
    const lastLines = stripVTControlCharacters(log.toString("utf8")).replaceAll("\r", "").trim();
    throw new RecipeError(`the recipe in ${debianImage}`, `ended with exit code ${code}`, lastLines);
  }
}

/** The recipe as environment variables for tree.sh and tools.sh. */
function environmentOf(recipe: Recipe): Record<string, string> {
  const { name, uid, gid } = recipe.account;
  const links = Object.entries(recipe.links).map(([link, target]) => `${link}=${target}`);
  return {
    SUITE: suite,
    PACKAGES: recipe.packages.join(" "),
    PROGRAMS: recipe.programs.join(" "),
    FILES: recipe.files.join(" "),
    LINKS: links.join(" "),
    TOOLS: tools.join(" "),
    ACCOUNT: `${name}:${uid}:${gid}`,
    OWNED: recipe.owned ?? "",
  };
}
