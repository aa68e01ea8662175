import type { ExistingWorkload } from "../hosts/workload.ts";
import { Addressing } from "../redis/addressing.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { accessTo } from "./setAccess.ts";

/** The nodes that can be asked at this moment, and how to reach them. */
export interface ReachableNodes<Node extends NodePlan> {
  readonly addressing: Addressing;
  readonly nodes: readonly Node[];
}

/**
 * Finds out which nodes of a set run at this moment, and how to reach them, when nothing is known of the set yet.
 * Undefined where the host does not answer.
 *
 * On Docker the published ports are used: the addresses of a network that does not exist yet would lead out of this
 * machine. The ports are those of the running containers, since the plan may have others, and after an interrupted update
 * some nodes have the old port and some the new one. A node that does not run is left out.
 *
 * @param existing what the host has now; asked only where it tells more than the plan
 */
export async function reachableNodes<Node extends NodePlan>(
  topology: Topology,
  nodes: readonly Node[],
  existing: () => Promise<readonly ExistingWorkload[]>,
): Promise<ReachableNodes<Node> | undefined> {
  const access = await accessTo(topology);
  if (access === undefined) {
    return { addressing: new Addressing("published"), nodes: asTheyRun(nodes, await existing()) };
  }
  const addressing = await access.openUnchecked();
  return addressing === undefined ? undefined : { addressing, nodes };
}

function asTheyRun<Node extends NodePlan>(
  nodes: readonly Node[],
  existing: readonly ExistingWorkload[],
): readonly Node[] {
  return nodes.flatMap((node) => {
    const ports = existing.find(({ name, running }) => running && name === node.name)?.ports ?? [];
    const own = ports.find(({ port }) => port === node.endpoint.port);
    return own === undefined ? [] : [{ ...node, published: own.published }];
  });
}
