import { randomUUID } from "node:crypto";
import { CheckFailure, joinNames } from "../redis/finding.ts";
import { describeNode } from "../redis/replicationFacts.ts";
import { infoFields } from "../redis/replies.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { GatewayPlan, Listener, NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { minReplicasMet } from "./minReplicas.ts";
import { replicasInSync } from "./replication.ts";
import { keyExpiry, verificationKey } from "./roundTrip.ts";

/**
 * A client that knows nothing but a gateway's address writes to the master, and reads from a replica in sync. Which
 * process answers is told by its run id.
 */
export const gatewaysLead: Check = {
  name: "every gateway leads writes to the master and reads to a replica",
  needs: [replicasInSync, minReplicasMet],
  start: (set) => {
    const { gateways } = set.target;
    if (gateways.length === 0) {
      return undefined;
    }
    return async () => {
      const { master, replicas } = await findRoles(set);
      // Reads go to the master only if there is no replica.
      const readers = replicas.length === 0 ? [master] : replicas;
      const ledTo = await set.askEach(gateways, async (gateway) => {
        await expectWrite(set, gateway, master.node);
        return expectAnswerOf(
          set,
          listener(gateway, "reads", gateway.reads),
          readers.map(({ node }) => node),
        );
      });
      return `writes to ${master.node.name}, reads to ${joinNames([...new Set(ledTo)].toSorted())}`;
    };
  },
};

async function expectWrite(set: RunningSet, gateway: GatewayPlan, master: NodePlan): Promise<void> {
  const writes = listener(gateway, "writes", gateway);
  await expectAnswerOf(set, writes, [master]);
  const key = verificationKey();
  const value = randomUUID();
  await set.call(writes, "SET", key, value, "PX", String(keyExpiry));
  const arrived = await set.call(master, "GET", key);
  await set.call(writes, "DEL", key);
  if (arrived !== value) {
    throw elsewhere(set, writes, `${describeNode(master)} does not have what was written through it`);
  }
}

/** The name of the node that answers. */
async function expectAnswerOf(set: RunningSet, through: NodePlan, nodes: readonly NodePlan[]): Promise<string> {
  const answering = await runId(set, through);
  const known = await set.askEach(nodes, async (node) => ({ node, id: await runId(set, node) }));
  const found = known.find(({ id }) => id === answering);
  if (found === undefined) {
    throw elsewhere(set, through, `it does not lead to ${nodes.map(describeNode).join(" or ")}`);
  }
  return found.node.name;
}

async function runId(set: RunningSet, node: NodePlan): Promise<string | undefined> {
  return infoFields(await set.call(node, "INFO", "server")).get("run_id");
}

/** One port of a gateway as something to connect to. */
function listener(gateway: GatewayPlan, purpose: "reads" | "writes", { endpoint, published }: Listener): NodePlan {
  return { name: `${gateway.name} (${purpose})`, size: gateway.size, endpoint, published };
}

function elsewhere(set: RunningSet, through: NodePlan, what: string): CheckFailure {
  const problem = `${through.name} at ${formatEndpoint(set.addressing.endpoint(through))}: ${what}`;
  return new CheckFailure([{ problem, lookAt: "the statistics page of that gateway, and its log" }]);
}
