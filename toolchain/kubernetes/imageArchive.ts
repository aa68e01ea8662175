import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runQuietly } from "../base/childProcess.mjs";

/** An image of one layer. */
export interface LayeredImage {
  /** Repository and tag. */
  readonly reference: string;
  /** The path of a tar archive with the files of the layer. */
  readonly layer: string;
  /** The field `config` of the image configuration: https://specs.opencontainers.org/image-spec/config/ */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Writes images to one file that `docker load` and containerd can read. Needs no Docker engine. */
export async function writeImageArchive(file: string, images: readonly LayeredImage[]): Promise<void> {
  const folder = await mkdtemp(`${file}.`);
  try {
    const manifest = await Promise.all(images.map((image, index) => describe(folder, image, `image-${index}`)));
    await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
    const layers = images.flatMap(({ layer }) => ["--directory", join(layer, ".."), basename(layer)]);
    const configurations = images.map((_image, index) => `image-${index}.json`);
    const described = ["--directory", folder, "manifest.json", ...configurations];
    await runQuietly("tar", ["--create", `--file=${folder}/archive.tar`, ...described, ...layers]);
    await rename(join(folder, "archive.tar"), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the image's entry of manifest.json */
async function describe(folder: string, { reference, layer, config }: LayeredImage, name: string): Promise<unknown> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(layer), hash);
  const configuration = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${hash.digest("hex")}`] },
  };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(configuration));
  return { Config: `${name}.json`, RepoTags: [reference], Layers: [basename(layer)] };
}
