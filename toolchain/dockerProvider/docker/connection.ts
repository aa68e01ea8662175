import type Docker from "dockerode";
import type { Configuration } from "./configuration.ts";

/** A client of the configured Docker. Dockerode is loaded here only: an update without changes needs none. */
export async function connect({ host, tls }: Configuration): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  const certificates = tls ?? { ca: undefined, cert: undefined, key: undefined };
  // Dockerode mixes the environment's DOCKER_HOST into what is not given, so everything is.
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

/** Dockerode's types say nothing of options that are present and undefined. */
function complete(options: Record<string, unknown>): Docker.DockerOptions {
  return options as Docker.DockerOptions;
}
