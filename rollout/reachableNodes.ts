import { passageTo } from "../hosts/passage.ts";
import type { PresentWorkload } from "../hosts/workload.ts";
import { Route } from "../redis/addressing.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";

/** The nodes that can be asked at this moment, and the way to them. */
export interface Reach<Node extends NodePlan> {
  readonly route: Route;
  readonly nodes: readonly Node[];
}

/**
 * The way to whatever runs of a set at this moment, before anything is known of it; undefined where there is none.
 *
 * On Docker by the published ports: a network that does not exist yet has no addresses here, and a question to one of
 * them would leave this machine. The ports are those of the running containers: the plan may have others, and after an
 * update that was interrupted some nodes have the one and some the other. A node that does not run is left out.
 *
 * @param present what the host has now; asked only where it tells more than the plan
 */
export async function reach<Node extends NodePlan>(
  topology: Topology,
  nodes: readonly Node[],
  present: () => Promise<readonly PresentWorkload[]>,
): Promise<Reach<Node> | undefined> {
  const passage = await passageTo(topology);
  if (passage === undefined) {
    return { route: new Route("published"), nodes: asTheyRun(nodes, await present()) };
  }
  const route = await passage.openAnyway();
  return route === undefined ? undefined : { route, nodes };
}

function asTheyRun<Node extends NodePlan>(
  nodes: readonly Node[],
  present: readonly PresentWorkload[],
): readonly Node[] {
  return nodes.flatMap((node) => {
    const ports = present.find(({ name, running }) => running && name === node.name)?.ports ?? [];
    const own = ports.find(({ port }) => port === node.endpoint.port);
    return own === undefined ? [] : [{ ...node, published: own.published }];
  });
}
