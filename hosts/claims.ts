import { isOf, type StatedResource, statedTarget } from "./stateResources.ts";

/** An object that an update made and was killed before it noted it in the state. It carries the state's identity. */
export interface Leftover {
  /** Such as `volume redis-ha-redis-0`. */
  readonly description: string;
  /** Removes it with its data. */
  remove(): Promise<void>;
}

/** What a state may remove, as the hosts tell. */
export interface Claims {
  /** Why objects that the state knows are not its own; empty when all are. */
  readonly refusals: readonly string[];
  /** In the order in which they can be removed. */
  readonly leftovers: readonly Leftover[];
  /** Why a host could not be asked. */
  readonly unreachable: string | undefined;
}

/**
 * Asks every host that a state has resources on whose they are, and what else carries the state's identity. Changes
 * nothing.
 *
 * @param environment in which Docker is found
 */
export async function claimsOf(resources: readonly StatedResource[], environment: NodeJS.ProcessEnv): Promise<Claims> {
  const isOn = (host: "docker" | "kubernetes") =>
    statedTarget(resources) === host || resources.some((each) => isOf(host, each));
  const found: Claims[] = [];
  if (isOn("docker")) {
    const { claimsOnDocker } = await import("./docker/claims.ts");
    found.push(await claimsOnDocker(resources, environment));
  }
  if (isOn("kubernetes")) {
    const { claimsOnKubernetes } = await import("./kubernetes/claims.ts");
    found.push(await claimsOnKubernetes(resources));
  }
  return {
    refusals: found.flatMap(({ refusals }) => refusals),
    leftovers: found.flatMap(({ leftovers }) => leftovers),
    unreachable: found.find(({ unreachable }) => unreachable !== undefined)?.unreachable,
  };
}
