import type Docker from "dockerode";
import { DockerFailure, dockerMessage, isRefusal, withAdvice } from "../docker/errors.ts";
import { type Protocol, portHolder } from "../docker/portHolder.ts";
import type { Context } from "../resource.ts";
import type { ContainerInputs } from "./schema.ts";

/** Converts an error of Docker about a container to a DockerFailure that names the container and says what to do. */
export async function explain(
  error: unknown,
  what: string,
  inputs: ContainerInputs,
  context: Pick<Context, "docker" | "dockerIsLocal">,
): Promise<unknown> {
  // Errors without an answer of Docker, such as a lost connection, are explained by `explainEnvironmentError` for all
  // requests.
  if (!isRefusal(error)) {
    return error;
  }
  const message = dockerMessage(error);
  const advice = await adviceFor(message, inputs, context);
  return new DockerFailure(withAdvice(`cannot ${what} ${inputs.name}: ${message}`, advice), error);
}

async function adviceFor(
  message: string,
  inputs: ContainerInputs,
  { docker, dockerIsLocal }: Pick<Context, "docker" | "dockerIsLocal">,
): Promise<string | undefined> {
  if (/port is already allocated|bind.*address already in use|address already in use.*bind/i.test(message)) {
    return await portAdvice(message, inputs, docker, dockerIsLocal);
  }
  if (/container name .* is already in use/i.test(message)) {
    return `a container with this name exists and is not in the state of this stack; remove it with docker rm --force ${inputs.name}, or choose another name`;
  }
  if (/address already in use/i.test(message)) {
    return await addressAdvice(inputs, docker);
  }
  if (/marked read-only/i.test(message)) {
    return "Docker cannot upload files to a container with readOnly: mount the files, or remove readOnly";
  }
  return undefined;
}

/**
 * Returns advice that names the port and its holder. Not every Docker version reports the port, and none its holder.
 */
async function portAdvice(
  message: string,
  inputs: ContainerInputs,
  docker: Docker,
  dockerIsLocal: boolean,
): Promise<string | undefined> {
  const ports = inputs.ports ?? [];
  const port = ports.find(({ external }) => external && new RegExp(`:${external}\\b`).test(message)) ?? ports[0];
  if (!port?.external) {
    return undefined;
  }
  const holder = await portHolder(docker, port.external, port.protocol as Protocol, dockerIsLocal);
  return holder === undefined
    ? `port ${port.external} is in use, possibly by an outgoing connection: try again, or publish another port`
    : `port ${port.external} is in use by ${holder}: stop it, or publish another port`;
}

/** Returns advice that names the container with the same fixed address. */
async function addressAdvice(inputs: ContainerInputs, docker: Docker): Promise<string | undefined> {
  for (const { name, ipv4Address } of inputs.networksAdvanced ?? []) {
    if (!ipv4Address) {
      continue;
    }
    const network: Docker.NetworkInspectInfo = await docker.getNetwork(name).inspect();
    const holder = Object.values(network.Containers ?? {}).find(
      (other) => other.IPv4Address.split("/")[0] === ipv4Address,
    );
    if (holder !== undefined) {
      return `${ipv4Address} is the address of container ${holder.Name}: choose another address`;
    }
  }
  return undefined;
}
