import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runQuietly } from "../base/childProcess.mjs";
import { loadImages } from "./load.ts";
import type { Cluster, Node } from "./place.ts";

/**
 * Copies images of the local Docker engine onto every node that runs and lacks them.
 *
 * @param environment in which the engine is found
 * @returns the nodes that are off, and so were left out
 * @throws ProgramFailedError the engine has not all of them; SetupError
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
