import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { findOnPath } from "../base/searchPath.ts";

/** The address on which Docker listens by default. */
export const defaultEndpoint = "unix:///var/run/docker.sock";

/**
 * Returns the address of the user's Docker daemon: DOCKER_HOST, else the current context of the `docker` command, else
 * the default.
 */
export function dockerEndpoint(environment: NodeJS.ProcessEnv): string {
  return environment["DOCKER_HOST"] || contextEndpoint(environment) || defaultEndpoint;
}

/**
 * Checks whether the daemon answers.
 *
 * @returns why the daemon does not answer; undefined if it does
 */
export async function whyUnreachable(endpoint: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  switch (protocol) {
    case "unix:":
      return ping({ socketPath: pathname });
    case "http:":
    case "tcp:":
      return environment["DOCKER_TLS_VERIFY"]
        ? pingByClient(endpoint, environment)
        : ping({ hostname, port: port || 2375 });
    default:
      return pingByClient(endpoint, environment);
  }
}

/** Milliseconds within which a daemon must answer a ping. */
const pingTimeout = 5000;

function ping(
  address: { socketPath: string } | { hostname: string; port: string | number },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const query = request({ ...address, path: "/_ping", timeout: pingTimeout }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? undefined : `the answer has HTTP status ${answer.statusCode}`);
    });
    query.once("timeout", () => query.destroy(new Error(`no answer within ${pingTimeout / 1000} s`)));
    query.once("error", (error) => resolve(error.message));
    query.end();
  });
}

/**
 * Checks addresses that need more than a socket: TLS and ssh. Without the `docker` command such an address cannot be
 * checked here and counts as reachable. The first client of the daemon then reports the problem.
 */
async function pingByClient(endpoint: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (findOnPath("docker", environment) === undefined) {
    return undefined;
  }
  try {
    await runQuietly("docker", ["version"], {
      environment: { ...environment, DOCKER_HOST: endpoint },
      timeout: pingTimeout,
    });
    return undefined;
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      return error.output.trim().split("\n").at(-1) ?? error.message;
    }
    throw error;
  }
}

/**
 * Reads the address of the current context. The folder of a context is named after the SHA-256 of the context's name.
 */
function contextEndpoint(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment["DOCKER_CONFIG"] || join(homedir(), ".docker");
  const name = environment["DOCKER_CONTEXT"] || readJson(join(folder, "config.json"))?.currentContext;
  if (name === undefined || name === "default") {
    return undefined;
  }
  const digest = createHash("sha256").update(name).digest("hex");
  return readJson(join(folder, "contexts/meta", digest, "meta.json"))?.Endpoints?.docker?.Host;
}

interface DockerClientFile {
  readonly currentContext?: string;
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
}

/** Returns undefined if the file does not exist, as on a machine without the `docker` command. */
function readJson(path: string): DockerClientFile | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as DockerClientFile;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
