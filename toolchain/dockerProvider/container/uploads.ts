import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import type Docker from "dockerode";
import { DockerFailure } from "../docker/errors.ts";
import type { Upload } from "./schema.ts";

/**
 * Uploads files to a container that has not been started yet.
 * @throws {DockerFailure} If a source file cannot be read.
 */
export async function upload(
  container: Docker.Container,
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> {
  if (uploads.length === 0) {
    return;
  }
  const { pack } = await import("tar-stream");
  const archive = pack();
  for (const one of uploads) {
    // Docker unpacks the archive in the root folder, so the name must be relative.
    const name = posix.normalize(one.file).replace(/^\/+/, "");
    archive.entry(
      { name, mode: mode(one), uid: id(one.owner), gid: id(one.group), mtime: new Date() },
      await content(one),
    );
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) {
    chunks.push(chunk as Buffer);
  }
  await container.putArchive(Buffer.concat(chunks), { path: "/", abortSignal: signal });
}

async function content(one: Upload): Promise<Buffer> {
  if (one.content) {
    return Buffer.from(one.content, "utf8");
  }
  if (one.contentBase64) {
    return Buffer.from(one.contentBase64, "base64");
  }
  try {
    return await readFile(one.source ?? "");
  } catch (error) {
    throw new DockerFailure(`uploads: the source of ${one.file} cannot be read: ${(error as Error).message}`, error);
  }
}

function mode(one: Upload): number {
  if (one.permissions) {
    return Number.parseInt(one.permissions, 8);
  }
  return one.executable ? 0o744 : 0o644;
}

function id(text: string | undefined): number {
  return text ? Number(text) : 0;
}
