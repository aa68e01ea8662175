import type { Claims } from "./ownership.ts";
import { isOf, type StatedResource, statedTarget } from "./stateResources.ts";
import { type Target, targets } from "./targets.ts";

/**
 * Asks every host that a state has resources on which of them the state owns, and which other objects carry the state's
 * identity. Changes nothing.
 *
 * @param environment in which Docker is found
 */
export async function claimsOf(resources: readonly StatedResource[], environment: NodeJS.ProcessEnv): Promise<Claims> {
  const names = (Object.keys(targets) as Target[]).filter(
    (name) => statedTarget(resources) === name || resources.some((each) => isOf(name, each)),
  );
  const found: Claims[] = [];
  for (const name of names) {
    found.push(await targets[name].claims(resources, environment));
  }
  return {
    refusals: found.flatMap(({ refusals }) => refusals),
    leftovers: found.flatMap(({ leftovers }) => leftovers),
    unreachable: found.find(({ unreachable }) => unreachable !== undefined)?.unreachable,
  };
}
