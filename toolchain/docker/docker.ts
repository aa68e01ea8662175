import { canInstallPackages, ensureDebianPackages } from "../base/debianPackages.ts";
import { withLock } from "../base/lock.mjs";
import { SetupError } from "../base/setupError.mjs";
import { add } from "../base/steps.mjs";
import { startDockerDaemon } from "./dockerDaemon.ts";
import { defaultEndpoint, dockerEndpoint, whyUnreachable } from "./dockerEndpoint.ts";

/**
 * Ensures that a Docker daemon answers. Uses the daemon of the user if it is reachable. Otherwise, as root on Debian or
 * Ubuntu, installs docker.io if it is missing and starts its daemon.
 *
 * @returns the environment in which every Docker client finds that daemon
 * @throws SetupError if no daemon answers and none can be started
 */
export async function prepareDocker(environment: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  const endpoint = dockerEndpoint(environment);
  const reason = await whyUnreachable(endpoint, environment);
  if (reason !== undefined) {
    await bringUp(endpoint, reason, environment);
  }
  // Client libraries read DOCKER_HOST, but not the contexts of the `docker` command.
  return endpoint === defaultEndpoint ? environment : { ...environment, DOCKER_HOST: endpoint };
}

async function bringUp(endpoint: string, reason: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const problem = `no Docker daemon answers at ${endpoint} (${reason})`;
  if (endpoint !== defaultEndpoint) {
    throw new SetupError(problem, "start that daemon, or select another one with DOCKER_HOST or `docker context use`");
  }
  if (reason.includes("EACCES")) {
    throw new SetupError(
      problem,
      "run this as root, or give this user access to Docker: https://docs.docker.com/engine/install/linux-postinstall/",
    );
  }
  if (!canInstallPackages(environment)) {
    throw new SetupError(problem, "start Docker, or install it: https://docs.docker.com/get-started/get-docker/");
  }
  const needed = { package: "docker.io", command: "dockerd", why: "the containers run on it" };
  await ensureDebianPackages([needed], environment);
  await withLock("dockerd", "starting the Docker daemon", async () => {
    // Another process or the installation of the package may have started the daemon in the meantime.
    if ((await whyUnreachable(endpoint, environment)) !== undefined) {
      await add("a running Docker daemon", problem, () => startDockerDaemon(endpoint, environment));
    }
  });
}
