import Docker from "dockerode";

/**
 * The Docker engine the provider talks to, for what a provider cannot do: building images, and asking a container
 * that was just started whether it is ready.
 *
 * @param address the provider's `docker:host`; undefined: DOCKER_HOST, else the local socket
 */
export function dockerEngine(address: string | undefined): Docker {
  if (address === undefined) {
    return new Docker();
  }
  const url = new URL(address);
  switch (url.protocol) {
    case "unix:":
      return new Docker({ socketPath: url.pathname });
    case "ssh:":
      return new Docker({
        protocol: "ssh",
        host: url.hostname,
        port: url.port || 22,
        username: url.username,
        sshOptions: { agent: process.env["SSH_AUTH_SOCK"] ?? "" },
      });
    default:
      return new Docker({ protocol: "http", host: url.hostname, port: url.port || 2375 });
  }
}
