import { BlockList, isIPv6 } from "node:net";
import type Docker from "dockerode";
import { DockerFailure, dockerMessage, isRefusal, withAdvice } from "../docker/errors.ts";
import type { NetworkInputs } from "./inputs.ts";

/** Converts an error of Docker about a network to a DockerFailure that says what to do. */
export async function explain(error: unknown, wanted: NetworkInputs, docker: Docker): Promise<unknown> {
  if (!isRefusal(error)) {
    return error;
  }
  const message = dockerMessage(error);
  const advice = await adviceFor(message, wanted, docker);
  return new DockerFailure(withAdvice(`cannot create network ${wanted.name}: ${message}`, advice), error);
}

async function adviceFor(message: string, wanted: NetworkInputs, docker: Docker): Promise<string | undefined> {
  if (/pool overlaps/i.test(message)) {
    return await overlapAdvice(wanted, docker);
  }
  if (/already exists/i.test(message)) {
    return `a network with this name exists and is not in the state of this stack; remove it with docker network rm ${wanted.name}, or choose another name`;
  }
  if (/non-overlapping .*address pool/i.test(message)) {
    return "Docker has no free subnet left: remove unused networks with docker network prune, or set a subnet";
  }
  return undefined;
}

async function overlapAdvice(wanted: NetworkInputs, docker: Docker): Promise<string> {
  const subnets = (wanted.ipamConfigs ?? []).flatMap(({ subnet }) => subnet || []);
  for (const network of await docker.listNetworks()) {
    const others = (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
    const overlapping = others.find((other) => subnets.some((subnet) => overlap(subnet, other)));
    if (overlapping !== undefined) {
      return `${subnets.join(", ")} overlaps ${overlapping} of network ${network.Name}: choose another subnet, or remove that network`;
    }
  }
  return `${subnets.join(", ")} overlaps a subnet that this machine already uses: choose another subnet`;
}

function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

/**
 * True if the first address of `inner` is in `outer`. If two subnets overlap, this is true in at least one direction.
 */
function contains(outer: string, inner: string): boolean {
  const [network = "", length = ""] = outer.split("/");
  const [address = ""] = inner.split("/");
  if (isIPv6(network) !== isIPv6(address)) {
    return false;
  }
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  const block = new BlockList();
  block.addSubnet(network, Number(length), family);
  return block.check(address, family);
}
