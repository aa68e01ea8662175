import { canInstallPackages, ensureDebianPackages } from "../base/debianPackages.ts";
import { withLock } from "../base/lock.mjs";
import { SetupError } from "../base/setupError.mjs";
import { add } from "../base/steps.mjs";
import { startDockerDaemon } from "./dockerDaemon.ts";
import { defaultEndpoint, dockerEndpoint, whyUnreachable } from "./dockerEndpoint.ts";

/**
 * Sees to it that a Docker daemon answers: the user's if there is one; else, as root on Debian or Ubuntu, docker.io is
 * installed if it is missing, and its daemon started.
 *
 * @returns the environment in which every client of Docker finds that daemon
 * @throws SetupError
 */
export async function prepareDocker(environment: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  const endpoint = dockerEndpoint(environment);
  const reason = await whyUnreachable(endpoint, environment);
  if (reason !== undefined) {
    await bringUp(endpoint, reason, environment);
  }
  // Libraries know DOCKER_HOST, but not the contexts of the `docker` command.
  return endpoint === defaultEndpoint ? environment : { ...environment, DOCKER_HOST: endpoint };
}

async function bringUp(endpoint: string, reason: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const silence = `no Docker daemon answers at ${endpoint} (${reason})`;
  if (endpoint !== defaultEndpoint) {
    throw new SetupError(silence, "start that daemon, or choose another one by DOCKER_HOST or `docker context use`");
  }
  if (reason.includes("EACCES")) {
    throw new SetupError(
      silence,
      "run this as root, or let this user talk to Docker: https://docs.docker.com/engine/install/linux-postinstall/",
    );
  }
  if (!canInstallPackages(environment)) {
    throw new SetupError(silence, "start Docker, or install it: https://docs.docker.com/get-started/get-docker/");
  }
  const needed = { package: "docker.io", command: "dockerd", why: "the containers run on it" };
  await ensureDebianPackages([needed], environment);
  await withLock("dockerd", "starting the Docker daemon", async () => {
    // Another process may have started it meanwhile, and so may the installation of the package.
    if ((await whyUnreachable(endpoint, environment)) !== undefined) {
      await add("a running Docker daemon", silence, () => startDockerDaemon(endpoint, environment));
    }
  });
}
