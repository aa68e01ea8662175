import type Docker from "dockerode";
import { labels } from "./labels.ts";
import { type Owner, ownershipOf } from "./ownership.ts";

/** Something on the engine has a name that this update needs, and is not what an interrupted update left behind. */
export class NameTakenError extends Error {
  constructor(kind: "container" | "network", name: string, why: string) {
    const remove = kind === "container" ? `docker rm --force ${name}` : `docker network rm ${name}`;
    super(
      `a ${kind} named ${name} exists that is not in the state of this stack, and ${why}: ` +
        `remove it by ${remove} if it is not needed, or give this set another name`,
    );
    this.name = "NameTakenError";
  }
}

export interface LeftoverOptions extends Owner {
  readonly progress: (line: string) => void;
}

/**
 * Removes the container of this name that an update made and was killed before it noted it in the state. It is asked to
 * stop first, as it may be the master; its data is in a volume, which stays. To be called when the state has no
 * container of this name. One that was made before identities existed belongs to this state when it is on its network.
 *
 * @param network the id of the set's network in the state
 * @throws NameTakenError when it is somebody else's
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
  progress(`removing ${name}, which an interrupted update has left behind; what it has stored stays`);
  if (found.State.Running) {
    await unlessMissing(container.stop());
  }
  await unlessMissing(container.remove({ force: true }));
}

/**
 * Removes the network of this name that an update made and was killed before it noted it in the state.
 *
 * @throws NameTakenError when it is somebody else's, or any container is on it
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
    // The network itself tells only of those that run, and one that never ran knows it by name alone.
    const containers = await engine.listContainers({ all: true, filters: { network: [network.Id, name] } });
    if (containers.length > 0) {
      throw new NameTakenError("network", name, `${containers.length} containers are on it`);
    }
    progress(`removing network ${name}, which an interrupted update has left behind`);
    await unlessMissing(engine.getNetwork(network.Id).remove());
  }
}

function isOn({ State, NetworkSettings }: Docker.ContainerInspectInfo, network: string): boolean {
  // One that was killed between its creation and its start is on no network yet, and has never run.
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
