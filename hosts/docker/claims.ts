import type Docker from "dockerode";
import type { Claims } from "../ownership.ts";
import { isOf, providerInput, type StatedResource, statedIdentity } from "../stateResources.ts";
import { answeringEngine } from "./engine.ts";
import { labels } from "./labels.ts";
import { type DockerObject, objectsWith, ownershipOf } from "./ownership.ts";

/**
 * Finds out which objects a state may remove on the Docker engine on which it created them.
 *
 * Pulumi identifies volumes by their names, so it would also remove a volume of the same name that another state has
 * created since. Objects without an identity were created by an earlier version and belong to the state.
 *
 * @throws EngineAddressError
 */
export async function claimsOnDocker(
  resources: readonly StatedResource[],
  environment: NodeJS.ProcessEnv,
): Promise<Claims> {
  const identity = statedIdentity(resources) ?? "";
  const address = providerInput("docker", resources, "host") ?? environment["DOCKER_HOST"];
  const engine = await answeringEngine(address, providerInput("docker", resources, "certPath"));
  const marked = await objectsWith(engine, labels.owner);
  const known = new Set(resources.map(({ inputs, type }) => `${kindOf(type)} ${inputs["name"]}`));
  const others = marked.filter(
    (object) => known.has(nameOf(object)) && ownershipOf(object.labels, identity) === "other",
  );
  const ids = new Set(resources.filter((each) => isOf("docker", each)).map(({ id }) => id));
  const leftovers = marked.filter((object) => ownershipOf(object.labels, identity) === "own" && !ids.has(object.id));
  return {
    refusals: others.length === 0 ? [] : [`another state of this stack owns ${others.map(nameOf).join(", ")}`],
    leftovers: leftovers.map((object) => ({
      description: nameOf(object),
      remove: () => remove(engine, object),
    })),
    unreachable: undefined,
  };
}

/** Returns the kind of object of a resource type: `volume` for `docker:index/volume:Volume`. */
function kindOf(type: string): string {
  return type.split(":")[2]?.toLowerCase() ?? "";
}

function nameOf({ kind, name }: DockerObject): string {
  return `${kind} ${name}`;
}

async function remove(engine: Docker, { kind, id }: DockerObject): Promise<void> {
  switch (kind) {
    case "container":
      return engine.getContainer(id).remove({ force: true });
    case "volume":
      return engine.getVolume(id).remove();
    case "network":
      return engine.getNetwork(id).remove();
  }
}
