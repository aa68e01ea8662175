import type Docker from "dockerode";
import { labels } from "./labels.ts";
import { type Owner, ownershipOf } from "./ownership.ts";

/** An object on the engine has a name that this update needs, and was not left behind by an interrupted update. */
export class NameTakenError extends Error {
  constructor(kind: "container" | "network", name: string, why: string) {
    const remove = kind === "container" ? `docker rm --force ${name}` : `docker network rm ${name}`;
    super(
      `a ${kind} named ${name} exists that is not in the state of this stack, and ${why}: ` +
        `remove it with ${remove} if it is not needed, or give this set another name`,
    );
    this.name = "NameTakenError";
  }
}

export interface LeftoverOptions extends Owner {
  readonly progress: (line: string) => void;
}

/**
 * Removes a container that a killed update created but did not record in the state. To be called when the state has no
 * container of this name. The container receives SIGTERM first, because it may be the master. Its volume is kept. A
 * container without an identity, from an earlier version, belongs to this state if it is on the state's network.
 *
 * @param network the id of the set's network in the state
 * @throws NameTakenError when the container does not belong to this state
 */
export async function removeLeftoverContainer(
  engine: Docker,
  name: string,
  network: string,
  { set, identity, progress }: LeftoverOptions,
): Promise<void> {
  const container = engine.getContainer(name);
  const found = await unlessMissing(container.inspect());
  if (found === undefined) {
    return;
  }
  if (found.Config.Labels[labels.set] !== set) {
    throw new NameTakenError("container", name, "it does not belong to this set");
  }
  const ownership = ownershipOf(found.Config.Labels, identity);
  if (ownership === "other" || (ownership === "unmarked" && !isOn(found, network))) {
    throw new NameTakenError("container", name, "another state of this stack owns it");
  }
  progress(`removing container ${name}, which an interrupted update left behind; its volume is kept`);
  if (found.State.Running) {
    await unlessMissing(container.stop());
  }
  await unlessMissing(container.remove({ force: true }));
}

/**
 * Removes a network that a killed update created but did not record in the state.
 *
 * @throws NameTakenError when the network does not belong to this state, or a container is connected to it
 */
export async function removeLeftoverNetwork(
  engine: Docker,
  name: string,
  { set, identity, progress }: LeftoverOptions,
): Promise<void> {
  const networks = await engine.listNetworks({ filters: { name: [name] } });
  for (const network of networks.filter(({ Name }) => Name === name)) {
    if (network.Labels?.[labels.set] !== set) {
      throw new NameTakenError("network", name, "it does not belong to this set");
    }
    if (ownershipOf(network.Labels, identity) !== "own") {
      throw new NameTakenError("network", name, "another state of this stack owns it");
    }
    // The network's own list has only running containers. A container that never ran refers to the network by its name.
    const containers = await engine.listContainers({ all: true, filters: { network: [network.Id, name] } });
    if (containers.length > 0) {
      const connected = containers.length === 1 ? "1 container is" : `${containers.length} containers are`;
      throw new NameTakenError("network", name, `${connected} connected to it`);
    }
    progress(`removing network ${name}, which an interrupted update left behind`);
    await unlessMissing(engine.getNetwork(network.Id).remove());
  }
}

function isOn({ State, NetworkSettings }: Docker.ContainerInspectInfo, network: string): boolean {
  // If the update was killed before the container's start, the container is on no network yet and has never run.
  return (
    State.Status === "created" || Object.values(NetworkSettings.Networks).some(({ NetworkID }) => NetworkID === network)
  );
}

async function unlessMissing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && (error.statusCode === 404 || error.statusCode === 304)) {
      return undefined;
    }
    throw error;
  }
}
