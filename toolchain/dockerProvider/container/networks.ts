import type Docker from "dockerode";
import { dockerMessage } from "../docker/errors.ts";
import { setOrder } from "../schema/setOrder.ts";
import type { AttachedNetwork, ContainerInputs } from "./schema.ts";
import { ordered } from "./sets.ts";

/** Connects a created container to its networks, and disconnects it from the default network. */
export async function attachNetworks(docker: Docker, container: string, inputs: ContainerInputs): Promise<void> {
  const networks = ordered(inputs, "networksAdvanced");
  if (networks.length === 0) {
    return;
  }
  await leaveBridge(docker, container);
  // Connected one after another, since the order decides which network becomes the default route.
  for (const network of networks) {
    await docker.getNetwork(network.name).connect({ Container: container, EndpointConfig: endpoint(network) });
  }
}

async function leaveBridge(docker: Docker, container: string): Promise<void> {
  try {
    await docker.getNetwork("bridge").disconnect({ Container: container, Force: false });
  } catch (error) {
    if (!dockerMessage(error).includes("is not connected to the network bridge")) {
      throw error;
    }
  }
}

function endpoint(network: AttachedNetwork): Docker.EndpointSettings {
  return {
    Aliases: texts(network.aliases),
    IPAMConfig: {
      IPv4Address: network.ipv4Address ?? "",
      IPv6Address: network.ipv6Address ?? "",
      LinkLocalIPs: texts(network.linkLocalIps),
    },
    MacAddress: network.macAddress ?? "",
    DriverOpts: Object.fromEntries(texts(network.driverOpts).flatMap(keyAndValue)),
    ...(network.gwPriority ? { GwPriority: network.gwPriority } : {}),
  };
}

function texts(members: readonly string[] | undefined): string[] {
  return setOrder({ kind: "string" }, members ?? []);
}

function keyAndValue(option: string): [string, string][] {
  const at = option.indexOf("=");
  return at < 0 ? [] : [[option.slice(0, at), option.slice(at + 1)]];
}
