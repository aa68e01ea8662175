import type { Passage } from "../redis/addressing.ts";
import type { Topology } from "../topology/topology.ts";

/** The way to a set whose host has one of its own; undefined where its addresses or published ports can be tried. */
export async function passageTo(topology: Topology): Promise<Passage | undefined> {
  const { host } = topology;
  if (host.target === "docker") {
    return undefined;
  }
  const { kubernetesPassage } = await import("./kubernetes/tunnel.ts");
  return kubernetesPassage(topology, host);
}
