import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import Docker from "dockerode";
import { z } from "zod";
import type { ImagePart } from "../topology/topology.ts";
import { imageFor } from "./catalog.ts";
import { configurationOf, localRecipes, type Recipe, recipeHash } from "./recipes.ts";
import { RecipeError } from "./script.ts";
import { debianImage, obstacleOnThisMachine, treeInContainer, treeOnThisMachine } from "./tree.ts";

/** Status codes of Docker: it does not have the image, or a container uses the image that should be removed. */
const unknownImage = 404;
const inUse = 409;

export interface BuildOptions {
  /** Default: the engine of DOCKER_HOST, or else of the local socket. */
  readonly docker?: Docker;
  /** Receives a line of text before each step that takes seconds, and when the image is complete. */
  readonly progress: (line: string) => void;
}

/** A local image that could not be built. */
export class ImageBuildError extends Error {
  readonly reference: string;
  readonly reason: string;

  constructor(reference: string, reason: string, options?: ErrorOptions) {
    super(`the image ${reference} could not be built: ${reason}`, options);
    this.name = "ImageBuildError";
    this.reference = reference;
    this.reason = reason;
  }
}

/**
 * Ensures that the engine has a part's local image. The image is built from Debian and npm packages unless the engine
 * has the tag of its recipe. As root on Debian and Ubuntu this needs no container registry. Otherwise the recipe runs
 * in a container of Debian, whose image must be present or is pulled.
 *
 * @throws ImageBuildError
 */
export async function ensureLocalImage(part: ImagePart, options: BuildOptions): Promise<void> {
  await ensureImage(imageFor(part, "local").reference, localRecipes[part], options);
}

/**
 * Ensures that the engine has the image of a recipe. Builds may run in parallel, in one process or several: only a
 * complete image gets the tag, and the first complete image keeps it.
 *
 * @throws ImageBuildError
 */
export async function ensureImage(reference: string, recipe: Recipe, options: BuildOptions): Promise<void> {
  const docker = options.docker ?? new Docker();
  try {
    if (await isPresent(docker, reference)) {
      return;
    }
    const started = performance.now();
    await build(docker, reference, recipe, options.progress);
    const { Size: bytes } = await docker.getImage(reference).inspect();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    options.progress(`built ${reference} in ${seconds} s, ${Math.round(bytes / 1e6)} MB`);
  } catch (error) {
    throw isEnvironmentError(error) ? new ImageBuildError(reference, reasonFrom(error), { cause: error }) : error;
  }
}

async function build(
  docker: Docker,
  reference: string,
  recipe: Recipe,
  progress: BuildOptions["progress"],
): Promise<void> {
  progress(`building ${reference} from Debian packages: this Docker engine does not have it yet`);
  const provisional = `${repositoryOf(reference)}:building-${randomUUID()}`;
  const makeImage = (tree: Readable) => importTree(docker, recipe, tree, provisional);
  const obstacle = await obstacleOnThisMachine(docker);
  if (obstacle === undefined) {
    await makeImage(treeOnThisMachine(recipe));
  } else {
    progress(`building ${reference} in a container of ${debianImage}: ${obstacle}`);
    await ensureDebianImage(docker, obstacle, progress);
    await treeInContainer(docker, recipe, makeImage);
  }
  await tagUnlessTaken(docker, provisional, reference);
  await removeUntagged(docker, recipe);
}

async function ensureDebianImage(docker: Docker, obstacle: string, progress: BuildOptions["progress"]): Promise<void> {
  if (await isPresent(docker, debianImage)) {
    return;
  }
  progress(`pulling ${debianImage}: the image is built in a container of it`);
  try {
    await lastAnswer(await docker.pull(debianImage));
  } catch (error) {
    if (!isEnvironmentError(error)) {
      throw error;
    }
    throw new RecipeError(
      `${obstacle}, so the build needs a container of ${debianImage}, which`,
      "cannot be pulled",
      `${error.message}\nRun this as root on Debian or Ubuntu, or let the Docker engine reach a container registry ` +
        `(with "images: upstream" the engine pulls the official images from the registry, and nothing is built).`,
    );
  }
}

/** Imports a tree as an image. If reading the tree fails, no image is created. */
async function importTree(docker: Docker, recipe: Recipe, tree: Readable, reference: string): Promise<void> {
  const broken = new Promise<never>((_resolve, reject) => tree.once("error", reject));
  const changes = [...configurationOf(recipe), `LABEL ${recipeLabel(recipe)}`];
  const image = { repo: repositoryOf(reference), tag: tagOf(reference), changes };
  try {
    await Promise.race([docker.importImage(tree, image).then(lastAnswer), broken]);
  } finally {
    tree.destroy();
  }
}

/**
 * Sets the tag unless another build was faster. Containers may already use that build's image, so the tag should not
 * move. If two builds find no tag at the same moment, both set it and the later one wins.
 */
async function tagUnlessTaken(docker: Docker, provisional: string, reference: string): Promise<void> {
  try {
    if (!(await isPresent(docker, reference))) {
      await docker.getImage(provisional).tag({ repo: repositoryOf(reference), tag: tagOf(reference) });
    }
  } finally {
    await removeUnlessInUse(docker, provisional);
  }
}

/** Removes images whose tag another build has taken. An image that is still being built has its own provisional tag. */
async function removeUntagged(docker: Docker, recipe: Recipe): Promise<void> {
  const untagged = { dangling: ["true"], label: [recipeLabel(recipe)] };
  for (const { Id } of await docker.listImages({ filters: untagged })) {
    await removeUnlessInUse(docker, Id);
  }
}

async function removeUnlessInUse(docker: Docker, image: string): Promise<void> {
  try {
    await docker.getImage(image).remove();
  } catch (error) {
    // If two processes remove the image at the same time, Docker's errors differ.
    if (!isRefusal(error, inUse) && (await isPresent(docker, image))) {
      throw error;
    }
  }
}

async function isPresent(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if (isRefusal(error, unknownImage)) {
      return false;
    }
    throw error;
  }
}

function isRefusal(error: unknown, statusCode: number): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === statusCode;
}

function repositoryOf(reference: string): string {
  return reference.slice(0, reference.lastIndexOf(":"));
}

function tagOf(reference: string): string {
  return reference.slice(reference.lastIndexOf(":") + 1);
}

function recipeLabel(recipe: Recipe): string {
  return `redis-ha.recipe=${recipeHash(recipe)}`;
}

const answerSchema = z.object({ status: z.string().optional(), error: z.string().optional() });

/** Reads the progress of a long Docker request, which is lines of JSON. An error may be one of these lines. */
async function lastAnswer(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk.toString();
  }
  const answers = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => answerSchema.parse(JSON.parse(line)));
  const failure = answers.find((answer) => answer.error !== undefined)?.error;
  if (failure !== undefined) {
    throw new RecipeError("Docker", "refused", failure);
  }
  return answers.at(-1)?.status ?? "";
}

/** True if the cause is a recipe, Docker or the system, and not a bug of this program. */
function isEnvironmentError(error: unknown): error is Error {
  if (!(error instanceof Error)) {
    return false;
  }
  if (error instanceof RecipeError || "statusCode" in error) {
    return true;
  }
  // Errors of the system have a code. Errors of Node about wrong use have a code that begins with ERR_.
  return "code" in error && !String(error.code).startsWith("ERR_");
}

function reasonFrom(error: Error): string {
  if (/no space left on device/i.test(error.message)) {
    return (
      "the disk is full. A build needs up to 500 MB in the folder for temporary files " +
      `(TMPDIR, else /tmp) and up to 150 MB where Docker keeps its images.\n${error.message}`
    );
  }
  return error.message;
}
