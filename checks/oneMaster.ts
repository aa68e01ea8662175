import { describeNode } from "../redis/replicationFacts.ts";
import { findRoles } from "../redis/roles.ts";
import type { Check } from "./check.ts";
import { dataNodesAnswer } from "./connectivity.ts";

export const oneMaster: Check = {
  name: "exactly one master",
  needs: [dataNodesAnswer],
  start: (set) => async () => describeNode((await findRoles(set)).master.node),
};
