import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeImageArchive } from "../../../../toolchain/kubernetes/imageArchive.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

test("an image archive has the layout of `docker save`: layers, configurations and names", async () => {
  const folder = temporaryFolder();
  const images = ["one", "two"].map((name) => {
    const layer = join(folder, `${name}.layer.tar`);
    writeFileSync(layer, `files of ${name}`);
    return { reference: `redis-ha/${name}:1`, layer, config: { User: "999:1000" } };
  });
  await writeImageArchive(join(folder, "images.tar"), images);
  expect(readdirSync(folder).toSorted()).toEqual(["images.tar", "one.layer.tar", "two.layer.tar"]);

  const unpacked = temporaryFolder();
  execFileSync("tar", ["--extract", `--file=${folder}/images.tar`, `--directory=${unpacked}`]);
  const manifest = JSON.parse(readFileSync(join(unpacked, "manifest.json"), "utf8"));
  expect(manifest).toEqual([
    { Config: "image-0.json", RepoTags: ["redis-ha/one:1"], Layers: ["one.layer.tar"] },
    { Config: "image-1.json", RepoTags: ["redis-ha/two:1"], Layers: ["two.layer.tar"] },
  ]);
  const digest = createHash("sha256").update("files of two").digest("hex");
  expect(JSON.parse(readFileSync(join(unpacked, "image-1.json"), "utf8"))).toMatchObject({
    os: "linux",
    config: { User: "999:1000" },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  });
  expect(readFileSync(join(unpacked, "two.layer.tar"), "utf8")).toBe("files of two");
});
