import type Docker from "dockerode";
import { DockerFailure, dockerMessage, Interrupted, isGone } from "../docker/errors.ts";
import { labelObject, labelState } from "../docker/labels.ts";
import { poll } from "../docker/poll.ts";
import type { Actual, Context, ResourceKind } from "../resource.ts";
import type { Schema } from "../schema/schema.ts";
import { setOrder } from "../schema/setOrder.ts";
import type { Values } from "../values.ts";
import { explain } from "./failures.ts";
import { inputs, type NetworkInputs } from "./inputs.ts";

const schema: Schema = {
  token: "docker:index/network:Network",
  version: "1",
  inputs,
  outputs: ["scope"],
  refused: {},
  named: true,
  deleteBeforeReplace: false,
};

/** Milliseconds that the removal waits until no container uses the network: the same as in the official plugin. */
const inUseLimit = 30_000;

/** `docker:index/network:Network`. The id of the resource is Docker's id of the network. */
export const network: ResourceKind = {
  schema,
  create: async (values, context) => {
    // The inputs have been checked against the schema from which this type is derived.
    const wanted = values as unknown as NetworkInputs;
    try {
      const created = await context.docker.createNetwork(networkRequest(wanted));
      const found = await read(created.id, values, context);
      if (found === undefined) {
        throw new DockerFailure(`network ${wanted.name} was removed while it was being created`);
      }
      return found;
    } catch (error) {
      throw await explain(error, wanted, context.docker);
    }
  },
  read,
  update: async (_id, wanted) => wanted,
  remove,
};

/** Returns the request for Docker. Docker decides the values that are undefined. */
function networkRequest(wanted: NetworkInputs): Docker.NetworkCreateOptions {
  return {
    Name: wanted.name,
    CheckDuplicate: true,
    Driver: wanted.driver || undefined,
    Internal: wanted.internal ?? false,
    Attachable: wanted.attachable ?? false,
    Ingress: wanted.ingress ?? false,
    EnableIPv6: wanted.ipv6 || undefined,
    Options: wanted.options && { ...wanted.options },
    Labels: wanted.labels?.length ? labelObject(wanted.labels) : undefined,
    IPAM: {
      Driver: wanted.ipamDriver,
      Options: wanted.ipamOptions && { ...wanted.ipamOptions },
      Config: setOrder(inputs.ipamConfigs.of, wanted.ipamConfigs ?? []).map((config) => ({
        Subnet: config.subnet || undefined,
        IPRange: config.ipRange || undefined,
        Gateway: config.gateway || undefined,
        AuxiliaryAddresses: config.auxAddress && { ...config.auxAddress },
      })),
    },
  };
}

async function read(id: string, state: Values, { docker }: Context): Promise<Actual | undefined> {
  try {
    const found: Docker.NetworkInspectInfo = await docker.getNetwork(id).inspect();
    return { id: found.Id, state: { ...state, ...networkState(found) } };
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

function networkState(found: Docker.NetworkInspectInfo): Values {
  return {
    name: found.Name,
    labels: labelState(found.Labels),
    driver: found.Driver,
    options: found.Options ?? {},
    internal: found.Internal,
    attachable: found.Attachable,
    ingress: found.Ingress,
    ipv6: found.EnableIPv6 ?? false,
    ipamDriver: found.IPAM?.Driver ?? "",
    ipamOptions: found.IPAM?.Options ?? {},
    ipamConfigs: (found.IPAM?.Config ?? []).map((config) => ({
      subnet: config.Subnet ?? "",
      ipRange: config.IPRange ?? "",
      gateway: config.Gateway ?? "",
      auxAddress: (config.AuxiliaryAddresses ?? {}) as Record<string, string>,
    })),
    scope: found.Scope,
  };
}

async function remove(id: string, state: Values, { docker, log, signal }: Context): Promise<void> {
  const name = String(state["name"] ?? id);
  let refusal: unknown;
  const removed = await poll(
    inUseLimit,
    signal,
    async () => {
      try {
        await docker.getNetwork(id).remove({ abortSignal: signal });
        return true;
      } catch (error) {
        if (isGone(error)) {
          return true;
        }
        if (!dockerMessage(error).includes("has active endpoints")) {
          throw error;
        }
        refusal = error;
        return false;
      }
    },
    () => log.status(`waiting until no container uses network ${name}`),
  );
  if (removed) {
    return;
  }
  if (signal.aborted) {
    throw new Interrupted(`waiting until no container uses network ${name}`);
  }
  const found: Docker.NetworkInspectInfo = await docker.getNetwork(id).inspect();
  const names = Object.values(found.Containers ?? {})
    .map((container) => container.Name)
    .join(", ");
  throw new DockerFailure(
    `cannot remove network ${name}: after ${inUseLimit / 1000} s it is still used by ${names || dockerMessage(refusal)}; remove those containers first`,
    refusal,
  );
}
