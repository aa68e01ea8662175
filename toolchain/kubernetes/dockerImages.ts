import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runQuietly } from "../base/childProcess.mjs";
import { loadImages } from "./load.ts";
import type { Cluster, Node } from "./place.ts";

/**
 * Copies images from the local Docker engine to every running node that does not have them.
 *
 * @param environment the environment for the Docker client
 * @returns the nodes that do not run and did not get the images
 * @throws ProgramFailedError if an image is missing in the Docker engine
 * @throws SetupError if the cluster does not run, or a node cannot import an image
 */
export async function loadFromDocker(
  cluster: Cluster,
  images: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly Node[]> {
  const inspect = ["image", "inspect", "--format", "{{.Id}} {{.RepoTags}}", ...images];
  const digest = (await runQuietly("docker", inspect, { environment })).trim().replaceAll("\n", " ");
  const folder = await mkdtemp(join(tmpdir(), "redis-ha-images-"));
  try {
    const file = join(folder, "images.tar");
    await runQuietly("docker", ["save", "--output", file, ...images], { environment });
    return await loadImages(cluster, { file, digest });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
