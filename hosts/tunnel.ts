import type { Topology } from "../topology/topology.ts";
import type { TunnelOpener } from "../topology/tunnel.ts";

/** Opens tunnels to a set whose host needs them; undefined where its addresses or published ports can be tried. */
export async function tunnelTo(topology: Topology): Promise<TunnelOpener | undefined> {
  const { host } = topology;
  if (host.target === "docker") {
    return undefined;
  }
  const { kubernetesTunnel } = await import("./kubernetes/tunnel.ts");
  return kubernetesTunnel(topology, host);
}
