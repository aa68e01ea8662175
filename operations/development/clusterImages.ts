import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { imageFor } from "../../images/catalog.ts";
import { imageConfigOf, localRecipes } from "../../images/recipes.ts";
import { RecipeError } from "../../images/script.ts";
import { obstacleOnThisMachine, treeOnThisMachine } from "../../images/tree.ts";
import { allOf } from "../../toolchain/base/allOf.ts";
import { cached } from "../../toolchain/base/cache.mjs";
import { withLock } from "../../toolchain/base/lock.mjs";
import { add } from "../../toolchain/base/steps.mjs";
import { writeImageArchive } from "../../toolchain/kubernetes/imageArchive.ts";
import { type ImageArchive, loadImages } from "../../toolchain/kubernetes/load.ts";
import type { Cluster, Node } from "../../toolchain/kubernetes/place.ts";
import type { ImagePart } from "../../topology/topology.ts";
import { OperationError } from "../command.ts";

/**
 * Copies the local images of all parts of a set to every running node that does not have them.
 *
 * @returns the nodes that are not running and so got no images
 * @throws OperationError if this machine cannot build the images; SetupError
 */
export async function loadSet(cluster: Cluster): Promise<readonly Node[]> {
  const archives = await archivedSet();
  const skippedNodes = await allOf(archives.map((archive) => loadImages(cluster, archive)));
  return [...new Set(skippedNodes.flat())];
}

/**
 * Builds the local images of all parts of a set as files in the user's cache. The images are built from Debian and npm
 * packages without a Docker engine, once for each recipe.
 *
 * @throws OperationError if this machine cannot build the images
 */
export function archivedSet(): Promise<readonly ImageArchive[]> {
  return allOf((Object.keys(localRecipes) as ImagePart[]).map(archivedImage));
}

async function archivedImage(part: ImagePart): Promise<ImageArchive> {
  const { reference } = imageFor(part, "local");
  const name = `image-${reference.replace(/^.*\//, "").replace(":", "-")}`;
  const folder = await cached(name, `building ${reference}`, async (aside) => {
    // The check may install build tools, and only one apt-get can run at a time.
    const obstacle = await withLock("apt-get", "preparing to build images", () => obstacleOnThisMachine());
    if (obstacle !== undefined) {
      throw new OperationError(`the image ${reference} cannot be built without Docker: ${obstacle}`);
    }
    await add(`${reference} (an image, into the user's cache)`, "the cluster's nodes load it from there", () =>
      build(part, reference, aside),
    );
  });
  return { file: join(folder, archive), digest: reference };
}

const archive = "image.tar";

async function build(part: ImagePart, reference: string, folder: string): Promise<void> {
  const layer = join(folder, "layer.tar");
  try {
    await pipeline(treeOnThisMachine(localRecipes[part]), createWriteStream(layer));
  } catch (error) {
    throw error instanceof RecipeError ? new OperationError(`the image ${reference}: ${error.message}`) : error;
  }
  await writeImageArchive(join(folder, archive), [{ reference, layer, config: imageConfigOf(localRecipes[part]) }]);
  await rm(layer);
}
