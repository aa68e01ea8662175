import type Docker from "dockerode";
import { DockerFailure, dockerMessage, Interrupted, isGone, isRefusal, withAdvice } from "../docker/errors.ts";
import { hostOf } from "../docker/registryLogins.ts";
import type { Context } from "../resource.ts";
import { PullProgress } from "./pullProgress.ts";

/** Milliseconds between two status lines of a pull. */
const statusInterval = 2000;

type Access = Pick<Context, "docker" | "credentials" | "log" | "signal">;

/**
 * Returns an image by its name, and pulls it if Docker does not have it.
 * @throws {DockerFailure} If the image is missing and cannot be pulled.
 */
export async function findOrPull(name: string, platform: string, access: Access): Promise<Docker.ImageInspectInfo> {
  const found = await findImage(name, access);
  if (found !== undefined) {
    return found;
  }
  try {
    await pull(name, platform, access);
  } catch (error) {
    if (access.signal.aborted) {
      throw new Interrupted(`pulling ${name}`);
    }
    if (!isRefusal(error) && !(error instanceof DockerFailure)) {
      throw error;
    }
    const advice = "build or load it first, or use an image from a registry that can be reached";
    const problem = `image ${name} is missing in Docker and cannot be pulled: ${dockerMessage(error)}`;
    throw new DockerFailure(withAdvice(problem, advice), error);
  }
  const pulled = await findImage(name, access);
  if (pulled === undefined) {
    throw new DockerFailure(`Docker pulled ${name}, but has no image with this name`);
  }
  return pulled;
}

/** Returns an image by its name, digest or id; undefined if Docker does not have it. */
export async function findImage(
  name: string,
  { docker }: Pick<Access, "docker">,
): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(name).inspect();
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

async function pull(name: string, platform: string, { docker, credentials, log, signal }: Access): Promise<void> {
  const login = credentials(registryOf(name));
  const options = { ...reference(name), ...(platform ? { platform } : {}), abortSignal: signal };
  const stream = await (login ? docker.createImage(login, options) : docker.createImage(options));
  const progress = new PullProgress();
  const statusTimer = setInterval(() => log.status(`pulling ${name}: ${progress.summary()}`), statusInterval);
  try {
    for await (const line of lines(stream)) {
      progress.note(line);
    }
  } finally {
    clearInterval(statusTimer);
  }
}

/** Splits a stream into lines. Unlike node:readline, throws the error of the stream. */
async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    const complete = (rest + chunk).split("\n");
    rest = complete.pop() ?? "";
    yield* complete;
  }
  yield rest;
}

/** Splits the name of an image into repository and tag or digest, for a pull request. */
function reference(name: string): { fromImage: string; tag: string } {
  const at = name.indexOf("@");
  if (at >= 0) {
    return { fromImage: name.slice(0, at).replace(/:[^:/]*$/, ""), tag: name.slice(at + 1) };
  }
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0
    ? { fromImage: name, tag: "latest" }
    : { fromImage: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** Returns the registry of an image. Docker Hub has several names. Its logins use the name registry-1.docker.io. */
function registryOf(name: string): string {
  const first = hostOf(name);
  return name.includes("/") && /[.:]|^localhost$/.test(first) ? first : "registry-1.docker.io";
}
