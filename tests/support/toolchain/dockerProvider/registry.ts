import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** A registry on this machine with one image of one layer. Docker accepts a registry on the loopback without TLS. */
export class Registry {
  readonly #server: Server;
  readonly #blobs: ReadonlyMap<string, Buffer>;
  readonly #manifest: Buffer;
  /** Milliseconds before the layer is sent. */
  readonly #delay: number;
  readonly #login: string | undefined;
  #tellLayerAsked: () => void = () => undefined;
  /** Resolves when Docker asks for the layer. */
  readonly layerAsked = new Promise<void>((resolve) => {
    this.#tellLayerAsked = resolve;
  });

  private constructor(config: Buffer, layer: Buffer, delay: number, login: string | undefined) {
    this.#blobs = new Map([config, layer].map((blob) => [digest(blob), blob]));
    this.#manifest = Buffer.from(JSON.stringify(manifest(config, layer)));
    this.#delay = delay;
    this.#login = login;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @param login the required `user:password`; undefined if the registry needs no login */
  static async listen({ delay = 0, login }: { delay?: number; login?: string } = {}): Promise<Registry> {
    const layer = await tar();
    const config = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: { Cmd: ["/nothing"] },
        rootfs: { type: "layers", diff_ids: [digest(layer)] },
        history: [],
      }),
    );
    const registry = new Registry(config, gzipSync(layer), delay, login);
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  /** Returns the name of an image in this registry. */
  name(repository: string): string {
    return `${this.host}/${repository}:1`;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get digest(): string {
    return digest(this.#manifest);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const expected = `Basic ${Buffer.from(this.#login ?? "").toString("base64")}`;
    if (this.#login !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    } else if (path.includes("/manifests/")) {
      response
        .writeHead(200, {
          "Content-Type": manifestType,
          "Content-Length": this.#manifest.length,
          "Docker-Content-Digest": this.digest,
        })
        .end(request.method === "HEAD" ? undefined : this.#manifest);
    } else if (path.includes("/blobs/")) {
      const blob = this.#blobs.get(path.slice(path.lastIndexOf("/") + 1));
      if (blob?.[0] === gzipMark) {
        this.#tellLayerAsked();
        await pause(this.#delay);
      }
      response.writeHead(blob ? 200 : 404, { "Content-Length": blob?.length ?? 0 }).end(blob);
    } else {
      response.writeHead(200).end("{}");
    }
  }
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const gzipMark = 0x1f;

function manifest(config: Buffer, layer: Buffer) {
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      size: config.length,
      digest: digest(config),
    },
    layers: [
      { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: layer.length, digest: digest(layer) },
    ],
  };
}

async function tar(): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: "hello" }, "hello");
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function digest(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
