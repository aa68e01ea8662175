import { DialError, dial } from "../redis/dial.ts";
import { CheckFailure, logOf } from "../redis/finding.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { Finding } from "../topology/finding.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { dataNodesAnswer, sentinelsAnswer } from "./connectivity.ts";

/**
 * Data nodes and Sentinels require the password. A client without the password must not reach a Sentinel either,
 * because it could make another node the master.
 */
export const passwordRequired: Check = {
  name: "every node refuses commands without the password",
  needs: [dataNodesAnswer, sentinelsAnswer],
  start: (set) => async () => {
    const { dataNodes, sentinels } = set.target;
    await set.askEach([...dataNodes, ...sentinels], (node) => refusesUnauthenticated(set, node));
    return `all ${dataNodes.length + sentinels.length} answer NOAUTH`;
  },
};

async function refusesUnauthenticated(set: RunningSet, node: NodePlan): Promise<void> {
  const reply = await unauthenticatedReply(set, node);
  if (!reply.startsWith("NOAUTH")) {
    throw new CheckFailure([openTo(set, node, reply)]);
  }
}

async function unauthenticatedReply(set: RunningSet, node: NodePlan): Promise<string> {
  const endpoint = set.addressing.endpoint(node);
  try {
    const client = await dial(endpoint, undefined);
    try {
      return String(await client.call("PING"));
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") {
        return error.message;
      }
      throw error instanceof Error ? new DialError(endpoint, error) : error;
    } finally {
      client.disconnect();
    }
  } catch (error) {
    throw error instanceof DialError
      ? new CheckFailure([{ problem: `${node.name} ${error.message}`, lookAt: logOf(node) }])
      : error;
  }
}

function openTo(set: RunningSet, node: NodePlan, reply: string): Finding {
  const directive = set.target.sentinels.some((sentinel) => sentinel.name === node.name)
    ? "requirepass in its sentinel.conf"
    : "requirepass in its redis.conf";
  return {
    problem: `${node.name} answers PING without a password (${reply}); NOAUTH is expected`,
    lookAt: `${directive}, and: ${set.command(node, "ACL GETUSER default")}`,
    permanent: true,
  };
}
