import type Docker from "dockerode";
import { DockerFailure, dockersWords, Interrupted, isGone, isRefusal, withAdvice } from "../docker/errors.ts";
import { hostOf } from "../docker/registryLogins.ts";
import type { Context } from "../resource.ts";
import { PullProgress } from "./pullProgress.ts";

/** Milliseconds after which a pull says how far it is, again and again. */
const quiet = 2000;

type Access = Pick<Context, "docker" | "credentials" | "log" | "signal">;

/**
 * An image by its name, pulled only when Docker does not have it.
 * @throws {DockerFailure} It is not there and cannot be pulled.
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
    const advice = "build or load it first, or name an image of a registry that can be reached";
    const said = `image ${name} is not on this Docker and cannot be pulled: ${dockersWords(error)}`;
    throw new DockerFailure(withAdvice(said, advice), error);
  }
  const pulled = await findImage(name, access);
  if (pulled === undefined) {
    throw new DockerFailure(`Docker pulled ${name} and does not have it under this name`);
  }
  return pulled;
}

/** An image Docker has, by name, digest or id; undefined when it has none. */
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
  const speak = setInterval(() => log.status(`pulling ${name}: ${progress.summary()}`), quiet);
  try {
    for await (const line of lines(stream)) {
      progress.note(line);
    }
  } finally {
    clearInterval(speak);
  }
}

/** Unlike the lines of node:readline, these end with the error when the stream does. */
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

/** Repository and tag or digest, as Docker wants them asked for. */
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

/** The registry an image comes from; Docker Hub has several names, this is the one its logins are kept under. */
function registryOf(name: string): string {
  const first = hostOf(name);
  return name.includes("/") && /[.:]|^localhost$/.test(first) ? first : "registry-1.docker.io";
}
