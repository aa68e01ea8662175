import type { Claims } from "./ownership.ts";
import { isOf, type StatedResource, statedTarget } from "./stateResources.ts";

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
