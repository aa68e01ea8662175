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
 * A client that knows only a gateway's address reaches the master for writes and a replica in sync for reads. The check
 * compares run ids to find out which process answers.
 */
export const gatewaysLead: Check = {
  name: "every gateway routes writes to the master and reads to a replica",
  needs: [replicasInSync, minReplicasMet],
  start: (set) => {
    const { gateways } = set.target;
    if (gateways.length === 0) {
      return undefined;
    }
    return async () => {
      const { master, replicas } = await findRoles(set);
      // The gateway sends reads to the master only if the set has no replica.
      const readers = replicas.length === 0 ? [master] : replicas;
      const reached = await set.askEach(gateways, async (gateway) => {
        await expectWrite(set, gateway, master.node);
        return expectAnswerOf(
          set,
          listener(gateway, "reads", gateway.reads),
          readers.map(({ node }) => node),
        );
      });
      return `writes to ${master.node.name}, reads to ${joinNames([...new Set(reached)].toSorted())}`;
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
    throw misrouted(set, writes, `the master ${describeNode(master)} does not have a key written through this port`);
  }
}

/** Checks that one of the nodes answers, and returns its name. */
async function expectAnswerOf(set: RunningSet, through: NodePlan, nodes: readonly NodePlan[]): Promise<string> {
  const answering = await runId(set, through);
  const known = await set.askEach(nodes, async (node) => ({ node, id: await runId(set, node) }));
  const found = known.find(({ id }) => id === answering);
  if (found === undefined) {
    throw misrouted(set, through, `this port does not lead to ${nodes.map(describeNode).join(" or ")}`);
  }
  return found.node.name;
}

async function runId(set: RunningSet, node: NodePlan): Promise<string | undefined> {
  return infoFields(await set.call(node, "INFO", "server")).get("run_id");
}

/** One port of a gateway, in the form of a node that can be connected to. */
function listener(gateway: GatewayPlan, purpose: "reads" | "writes", { endpoint, published }: Listener): NodePlan {
  return { name: `${gateway.name} (${purpose})`, size: gateway.size, endpoint, published };
}

function misrouted(set: RunningSet, through: NodePlan, what: string): CheckFailure {
  const problem = `${through.name} at ${formatEndpoint(set.addressing.endpoint(through))}: ${what}`;
  return new CheckFailure([{ problem, lookAt: "the statistics page and the log of this gateway" }]);
}
