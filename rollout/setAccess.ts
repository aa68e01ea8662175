import { adapterOf } from "../hosts/targets.ts";
import { accessThrough, type SetAccess } from "../redis/access.ts";
import type { Topology } from "../topology/topology.ts";

/**
 * Returns the access to a set through its host's tunnel; undefined if its addresses and published ports can be tried.
 */
export async function accessTo(topology: Topology): Promise<SetAccess | undefined> {
  const tunnel = await adapterOf(topology.host).tunnel(topology);
  return tunnel === undefined ? undefined : accessThrough(tunnel);
}
