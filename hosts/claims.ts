import type { Claims } from "./ownership.ts";
import { isOf, type StatedResource, statedTarget } from "./stateResources.ts";
import { type Target, targets } from "./targets.ts";

/**
 * Checks a state against every host on which it has resources. Returns which resources the state does not own, and
 * which other objects carry the state's identity. Changes nothing.
 *
 * @param environment variables that locate Docker, such as DOCKER_HOST
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
