import { adapterOf } from "../hosts/targets.ts";
import { accessThrough, type SetAccess } from "../redis/access.ts";
import type { Topology } from "../topology/topology.ts";

/** How to reach a set whose host needs a tunnel; undefined where its addresses or published ports can be tried. */
export async function accessTo(topology: Topology): Promise<SetAccess | undefined> {
  const tunnel = await adapterOf(topology.host).tunnel(topology);
  return tunnel === undefined ? undefined : accessThrough(tunnel);
}
