import { Route } from "../checks/route.ts";
import { passageTo } from "../hosts/passage.ts";
import type { Topology } from "../topology/topology.ts";

/**
 * The way to whatever runs of a set at this moment, before anything is known of it; undefined where there is none.
 *
 * On Docker by the published ports: a network that does not exist yet has no addresses here, and a question to one of
 * them would leave this machine.
 */
export async function routeNow(topology: Topology): Promise<Route | undefined> {
  const passage = await passageTo(topology);
  return passage === undefined ? new Route("published") : passage.openAnyway();
}
