import type Docker from "dockerode";
import { type Problem, ProblemsError } from "../../topology/settings/problem.ts";
import { labels } from "./labels.ts";

/** A set, and the state that may change and remove it. */
export interface Owner {
  /** The prefix of the set. */
  readonly set: string;
  /** The identity of the state; every object that the state created carries it. */
  readonly identity: string;
}

/** `unmarked`: the object has no identity, because it was created by an earlier version or by hand. */
export type Ownership = "own" | "other" | "unmarked";

export type ObjectKind = "container" | "volume" | "network";

/** An object of a set on an engine. */
export interface DockerObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** The id by which the engine and Pulumi's state identify the object. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Objects whose names the set needs do not belong to this state. */
export class OwnershipError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("objects on the Docker engine do not belong to this state of the stack; nothing was changed", problems);
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
 * Checks that every object with the set's label carries the state's own identity. To be called while the state has no
 * object of the set on this engine. Objects that a killed update of this state left behind carry the identity.
 *
 * @throws OwnershipError that names all other objects
 */
export async function requireUnclaimed(engine: Docker, { set, identity }: Owner): Promise<void> {
  const found = await objectsWith(engine, `${labels.set}=${set}`);
  // The set needs only one network, whose name is the set's name.
  const needed = found.filter(({ kind, name }) => kind !== "network" || name === set);
  refuseOthers(needed.filter((object) => ownershipOf(object.labels, identity) !== "own"));
}

/**
 * Checks that no other state owns a volume of this name. To be called before the volume is created, because the engine
 * returns an existing volume of the same name, with its data, instead of creating one.
 *
 * @throws OwnershipError
 */
export async function requireOwnVolume(engine: Docker, name: string, identity: string): Promise<void> {
  const { Volumes } = await engine.listVolumes({ filters: { name: [name] } });
  const found = Volumes.filter((volume) => volume.Name === name).map(asVolume);
  refuseOthers(found.filter((object) => ownershipOf(object.labels, identity) !== "own"));
}

/** @throws OwnershipError if there are any objects of others */
export function refuseOthers(others: readonly DockerObject[]): void {
  if (others.length > 0) {
    throw new OwnershipError([describeOthers(others)]);
  }
}

/** Lists the containers, volumes and networks with a label, in the order in which they can be removed. */
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
    expected: "only objects that this state created",
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
