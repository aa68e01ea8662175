import type Docker from "dockerode";
import { type Problem, ProblemsError } from "../../topology/settings/problem.ts";
import { labels } from "./labels.ts";

/** A set, and the state that may change and remove it. */
export interface Owner {
  /** The prefix of the set. */
  readonly set: string;
  /** Of the state; every object that it made carries it. */
  readonly identity: string;
}

/** `unmarked`: no identity, as on objects that were made before identities existed, or by hand. */
export type Ownership = "own" | "other" | "unmarked";

export type ObjectKind = "container" | "volume" | "network";

/** An object of a set on an engine. */
export interface DockerObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** As the engine and Pulumi's state know it. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Objects that a set needs the names of belong to somebody else. */
export class OwnershipError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("this state of the stack does not own what is on the Docker engine; nothing was changed", problems);
  }
}

export function ownershipOf(found: Readonly<Record<string, string>> | null | undefined, identity: string): Ownership {
  const owner = found?.[labels.owner];
  if (owner === undefined) {
    return "unmarked";
  }
  return owner === identity ? "own" : "other";
}

/**
 * To be called while the state has nothing of the set on this engine: every object with the set's label must carry the
 * state's own identity, as objects do that a killed update of this state left.
 *
 * @throws OwnershipError with all others
 */
export async function requireUnclaimed(engine: Docker, { set, identity }: Owner): Promise<void> {
  const found = await objectsWith(engine, `${labels.set}=${set}`);
  // The set has one network, which has its name.
  const needed = found.filter(({ kind, name }) => kind !== "network" || name === set);
  refuseOthers(needed.filter((object) => ownershipOf(object.labels, identity) !== "own"));
}

/**
 * To be called before a volume is made: the engine hands out a volume that exists, with the data of whom it belongs to.
 *
 * @throws OwnershipError
 */
export async function requireOwnVolume(engine: Docker, name: string, identity: string): Promise<void> {
  const { Volumes } = await engine.listVolumes({ filters: { name: [name] } });
  const found = Volumes.filter((volume) => volume.Name === name).map(asVolume);
  refuseOthers(found.filter((object) => ownershipOf(object.labels, identity) !== "own"));
}

/** @throws OwnershipError unless there are none */
export function refuseOthers(others: readonly DockerObject[]): void {
  if (others.length > 0) {
    throw new OwnershipError([describeOthers(others)]);
  }
}

/** Every container, volume and network with a label, in the order in which they can be removed. */
export async function objectsWith(engine: Docker, label: string): Promise<readonly DockerObject[]> {
  const filters = { label: [label] };
  const [containers, { Volumes }, networks] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listVolumes({ filters }),
    engine.listNetworks({ filters }),
  ]);
  return [
    ...containers.map(
      ({ Id, Names, Labels }): DockerObject => ({
        kind: "container",
        name: (Names[0] ?? Id).replace(/^\//, ""),
        id: Id,
        labels: Labels,
      }),
    ),
    ...Volumes.map(asVolume),
    ...networks.map(
      ({ Id, Name, Labels }): DockerObject => ({ kind: "network", name: Name, id: Id, labels: Labels ?? {} }),
    ),
  ].sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind) || (left.name < right.name ? -1 : 1));
}

const kinds: readonly ObjectKind[] = ["container", "volume", "network"];

function asVolume({ Name, Labels }: Docker.VolumeInspectInfo): DockerObject {
  return { kind: "volume", name: Name, id: Name, labels: Labels ?? {} };
}

function describeOthers(others: readonly DockerObject[]): Problem {
  return {
    path: "name",
    got: others.map(({ kind, name }) => `${kind} ${name}`).join(", "),
    expected: "objects that this state made, or none of these names",
    advice:
      "another state of this stack owns them: use the clone with that state in its .state folder, or its Pulumi backend. " +
      `If they are not needed, remove them with their data: ${removal(others)}`,
  };
}

function removal(objects: readonly DockerObject[]): string {
  const commands = { container: "docker rm --force", volume: "docker volume rm", network: "docker network rm" };
  return kinds
    .map((kind) => [commands[kind], ...objects.filter((object) => object.kind === kind).map(({ name }) => name)])
    .filter((words) => words.length > 1)
    .map((words) => words.join(" "))
    .join(" && ");
}
