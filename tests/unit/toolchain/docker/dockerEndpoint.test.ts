import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dockerEndpoint, whyUnreachable } from "../../../../toolchain/docker/dockerEndpoint.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

describe("the Docker endpoint", () => {
  test("is the default socket if nothing is configured", () => {
    expect(dockerEndpoint({ DOCKER_CONFIG: temporaryFolder() })).toBe("unix:///var/run/docker.sock");
  });

  test("is the address of the current context", () => {
    const folder = clientConfig({ currentContext: "desktop" });
    expect(dockerEndpoint({ DOCKER_CONFIG: folder })).toBe("unix:///home/ada/desktop.sock");
  });

  test("is the address of the context in DOCKER_CONTEXT, not that of the current context", () => {
    const folder = clientConfig({ currentContext: "another" });
    expect(dockerEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: "desktop" })).toBe("unix:///home/ada/desktop.sock");
  });

  test("is DOCKER_HOST, whatever the context", () => {
    const folder = clientConfig({ currentContext: "desktop" });
    expect(dockerEndpoint({ DOCKER_CONFIG: folder, DOCKER_HOST: "tcp://10.0.0.1:2375" })).toBe("tcp://10.0.0.1:2375");
  });

  test("is the default socket for the context named default", () => {
    const folder = clientConfig({ currentContext: "default" });
    expect(dockerEndpoint({ DOCKER_CONFIG: folder })).toBe("unix:///var/run/docker.sock");
  });
});

describe("a Docker daemon", () => {
  test("is reachable if it answers on its socket", async () => {
    const socket = join(temporaryFolder(), "docker.sock");
    await daemon(socket, 200);
    expect(await whyUnreachable(`unix://${socket}`, {})).toBeUndefined();
  });

  test("is reachable if it answers over TCP", async () => {
    const port = await daemon(0, 200);
    expect(await whyUnreachable(`tcp://127.0.0.1:${port}`, {})).toBeUndefined();
  });

  test("is unreachable if it answers with an error", async () => {
    const socket = join(temporaryFolder(), "docker.sock");
    await daemon(socket, 503);
    expect(await whyUnreachable(`unix://${socket}`, {})).toBe("the answer has HTTP status 503");
  });

  test("is unreachable if its socket does not exist", async () => {
    const socket = join(temporaryFolder(), "docker.sock");
    expect(await whyUnreachable(`unix://${socket}`, {})).toBe(`connect ENOENT ${socket}`);
  });
});

function clientConfig(config: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const context = join(folder, "contexts/meta", createHash("sha256").update("desktop").digest("hex"));
  mkdirSync(context, { recursive: true });
  const meta = { Name: "desktop", Endpoints: { docker: { Host: "unix:///home/ada/desktop.sock" } } };
  writeFileSync(join(context, "meta.json"), JSON.stringify(meta));
  return folder;
}

/**
 * Starts a fake daemon.
 *
 * @returns its port; undefined if it listens on a socket
 */
async function daemon(address: string | number, status: number): Promise<number | undefined> {
  const server = createServer((request, response) => response.writeHead(request.url === "/_ping" ? status : 404).end());
  await new Promise<void>((resolve) => server.listen(address, resolve));
  onTestFinished(() => void server.close());
  const bound = server.address();
  return typeof bound === "object" ? bound?.port : undefined;
}
