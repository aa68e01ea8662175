import type Docker from "dockerode";
import type { Configuration } from "./configuration.ts";

/**
 * Returns a client of the configured Docker. Only this function loads dockerode: an update without changes needs no
 * client.
 */
export async function connect({ host, tls }: Configuration): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  const certificates = tls ?? { ca: undefined, cert: undefined, key: undefined };
  // Dockerode takes missing options from DOCKER_HOST in the environment, so every option is given.
  if (host.startsWith("unix://")) {
    const socketPath = host.slice("unix://".length);
    return new Client(complete({ socketPath, host: undefined, port: undefined, protocol: "http", ...certificates }));
  }
  const address = new URL(host.replace(/^tcp:/, "http:"));
  const secure = tls !== undefined || host.startsWith("https:");
  return new Client(
    complete({
      socketPath: undefined,
      host: address.hostname,
      port: address.port || (secure ? "2376" : "2375"),
      protocol: secure ? "https" : "http",
      ...certificates,
    }),
  );
}

/** Converts the options to the type of dockerode, which does not allow explicit undefined values. */
function complete(options: Record<string, unknown>): Docker.DockerOptions {
  return options as Docker.DockerOptions;
}
