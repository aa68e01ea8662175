import { joinNames } from "../redis/finding.ts";
import type { VerificationTarget } from "../redis/target.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";

/** Every data node answers PING. A node that is still loading its data answers with an error, so it does not pass. */
export const dataNodesAnswer: Check = answering("every data node answers", (target) => target.dataNodes);

export const sentinelsAnswer: Check = answering("every Sentinel answers", (target) => target.sentinels);

function answering(name: string, nodesOf: (target: VerificationTarget) => readonly NodePlan[]): Check {
  return {
    name,
    needs: [],
    start: (set) => {
      const nodes = nodesOf(set.target);
      if (nodes.length === 0) {
        return undefined;
      }
      return async () => {
        await set.askEach(nodes, (node) => set.call(node, "PING"));
        return joinNames(nodes.map((node) => node.name));
      };
    },
  };
}
