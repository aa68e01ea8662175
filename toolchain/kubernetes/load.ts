import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allOf } from "../base/allOf.ts";
import { exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { inside, mustRun, nodesOf, processOf } from "./machine.ts";
import type { Cluster, Node, Place } from "./place.ts";

/** A file with images, as `docker save` writes it. */
export interface ImageArchive {
  readonly file: string;
  /** Changes with the content of the file. A node that has loaded this digest is skipped. */
  readonly digest: string;
}

/**
 * Copies images to every running node that does not have them. Pods refer to the images by the same names as Docker
 * does (`image: redis-ha/redis:8.0`), with `imagePullPolicy` IfNotPresent or Never.
 *
 * @returns the nodes that do not run and did not get the images
 * @throws SetupError if the cluster does not run, or a node cannot import an image
 */
export async function loadImages({ place }: Cluster, archive: ImageArchive): Promise<readonly Node[]> {
  mustRun(place, "switch");
  const nodes = nodesOf(place);
  const running = nodes.filter((node) => processOf(place, node) !== undefined);
  await allOf(
    running.map(async (node) => {
      if (!(await loadedOn(place, node)).includes(archive.digest)) {
        await importImages(place, node, archive.file);
        await appendFile(recordOf(place, node), `${archive.digest}\n`);
      }
    }),
  );
  return nodes.filter((node) => !running.includes(node));
}

/** Imports the images of a file on a node. */
export async function importImages(place: Place, node: Node, file: string): Promise<void> {
  const commandLine = inside(place, node, "ctr", "--namespace", "k8s.io", "images", "import", "-");
  try {
    await runQuietly("sh", ["-c", 'file=$1; shift; exec "$@" <"$file"', "sh", file, ...commandLine]);
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      throw new SetupError(`${node} cannot import the images of ${file}`, error.message, { cause: error });
    }
    throw error;
  }
}

async function loadedOn(place: Place, node: Node): Promise<readonly string[]> {
  const record = recordOf(place, node);
  return (await exists(record)) ? (await readFile(record, "utf8")).split("\n") : [];
}

/**
 * Returns the path of the list of digests that a node has loaded. The list is removed together with the node's disk.
 */
function recordOf(place: Place, node: Node): string {
  return join(place.folder, "machines", node, "images");
}
