import type { ExistingWorkload } from "../hosts/workload.ts";
import { Addressing } from "../redis/addressing.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { accessTo } from "./setAccess.ts";

/** The nodes that can be queried at this moment, and how to reach them. */
export interface ReachableNodes<Node extends NodePlan> {
  readonly addressing: Addressing;
  readonly nodes: readonly Node[];
}

/**
 * Detects which nodes of a set run at this moment, and how to reach them. The state of the set may be unknown. Returns
 * undefined if the host does not answer.
 *
 * On Docker the published ports are used, because connections to a network that does not exist yet would leave this
 * machine. The ports are those of the running containers: the plan may have other ports, and after an interrupted
 * update some nodes have the old port and some the new one. Nodes that do not run are left out.
 *
 * @param existing lists the workloads on the host; called only on hosts where the plan alone is not enough
 */
export async function reachableNodes<Node extends NodePlan>(
  topology: Topology,
  nodes: readonly Node[],
  existing: () => Promise<readonly ExistingWorkload[]>,
): Promise<ReachableNodes<Node> | undefined> {
  const access = await accessTo(topology);
  if (access === undefined) {
    return { addressing: new Addressing("published"), nodes: atCurrentPorts(nodes, await existing()) };
  }
  const addressing = await access.openUnchecked();
  return addressing === undefined ? undefined : { addressing, nodes };
}

function atCurrentPorts<Node extends NodePlan>(
  nodes: readonly Node[],
  existing: readonly ExistingWorkload[],
): readonly Node[] {
  return nodes.flatMap((node) => {
    const ports = existing.find(({ name, running }) => running && name === node.name)?.ports ?? [];
    const own = ports.find(({ port }) => port === node.endpoint.port);
    return own === undefined ? [] : [{ ...node, published: own.published }];
  });
}
