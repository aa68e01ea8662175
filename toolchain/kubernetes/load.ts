import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allOf } from "../base/allOf.ts";
import { exists } from "../base/cache.mjs";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { inside, mustRun, nodesOf, processOf } from "./machine.ts";
import type { Cluster, Node, Place } from "./place.ts";

/** Images in a file, as `docker save` writes it. */
export interface ImageArchive {
  readonly file: string;
  /** Another content has another one; a node that has it already is left alone. */
  readonly digest: string;
}

/**
 * Copies images onto every node that runs and lacks them. Pods name them as Docker does (`image: redis-ha/redis:8.0`),
 * with `imagePullPolicy` IfNotPresent or Never.
 *
 * @returns the nodes that are off, and so were left out
 * @throws SetupError the cluster is down, or a node refuses an image
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

/** Copies the images of a file onto a node. */
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

/** On the node's disk or not, it stays and goes with it. */
function recordOf(place: Place, node: Node): string {
  return join(place.folder, "machines", node, "images");
}
