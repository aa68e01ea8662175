import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

/** The address or the certificates of a Docker engine cannot be used, or no engine answers there. */
export class EngineAddressError extends Error {
  constructor(words: string) {
    super(words);
    this.name = "EngineAddressError";
  }
}

/**
 * Returns a client of the Docker engine that the provider uses, for tasks that the provider cannot do: building images,
 * and checking whether a container that was just started is ready.
 *
 * @param address the provider's `docker:host` @default DOCKER_HOST, or else the local socket
 * @param certPath the provider's `docker:certPath`, a folder with ca.pem, cert.pem and key.pem
 *   @default DOCKER_CERT_PATH, or else no TLS
 * @throws EngineAddressError
 */
export function dockerEngine(address: string | undefined, certPath?: string): Docker {
  const given = address ?? (certPath === undefined ? undefined : process.env["DOCKER_HOST"] || undefined);
  return given === undefined ? new Docker() : new Docker(connection(given, certPath));
}

/**
 * Returns the same client, after the engine has answered. If the engine does not answer, an update fails in a hook with
 * the same message as in the provider.
 *
 * @throws EngineAddressError
 */
export async function answeringEngine(address: string | undefined, certPath?: string): Promise<Docker> {
  const engine = dockerEngine(address, certPath);
  try {
    await engine.ping();
  } catch (error) {
    const place = address ?? (process.env["DOCKER_HOST"] || "unix:///var/run/docker.sock");
    throw new EngineAddressError(`Docker at ${place} cannot be reached: ${whyNot(error)}`);
  }
  return engine;
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED"
    ? `nothing listens at this address (${code}); start Docker, or set DOCKER_HOST, or docker:host, to the address of Docker`
    : message;
}

/** Keeps the client from reading these options from the environment, where DOCKER_HOST would override a socket. */
const ignoreEnvironment = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };

function connection(address: string, certPath: string | undefined): Docker.DockerOptions {
  const url = parsed(address);
  switch (url.protocol) {
    case "unix:":
      return { ...ignoreEnvironment, protocol: "http", socketPath: url.pathname };
    case "ssh:":
      return {
        ...ignoreEnvironment,
        protocol: "ssh",
        host: url.hostname,
        port: url.port || 22,
        username: url.username,
        sshOptions: { agent: process.env["SSH_AUTH_SOCK"] ?? "" },
      };
    case "tcp:":
    case "http:":
    case "https:": {
      const folder = certPath ?? (process.env["DOCKER_CERT_PATH"] || undefined);
      const encrypted = folder !== undefined || url.protocol === "https:";
      return {
        ...ignoreEnvironment,
        ...(folder === undefined ? {} : certificates(folder)),
        protocol: encrypted ? "https" : "http",
        host: url.hostname,
        port: url.port || (encrypted ? 2376 : 2375),
      };
    }
    default:
      throw unusable(address);
  }
}

function parsed(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw unusable(address);
  }
}

function unusable(address: string): EngineAddressError {
  return new EngineAddressError(
    `docker:host is ${address}, expected unix:///path/to/docker.sock, tcp://host:port or ssh://user@host`,
  );
}

function certificates(folder: string): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new EngineAddressError(
        `docker:certPath is ${folder}, expected a folder with ca.pem, cert.pem and key.pem: ${why}`,
      );
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}
