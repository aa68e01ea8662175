import type { DataNodePlan } from "../../../topology/topology.ts";
import type { Reply } from "../unit/fakeRedis.ts";

/** The replies of a fake Sentinel that has reached the master, reports these flags of it, and does nothing else. */
export function sentinelAnswer(command: string, { endpoint }: DataNodePlan, flags: string): Reply {
  if (command.startsWith("AUTH")) {
    return "OK";
  }
  // redis-cli requests help texts before it authenticates.
  if (command.startsWith("COMMAND")) {
    return new Error("NOAUTH Authentication required.");
  }
  if (command.startsWith("SENTINEL GET-MASTER-ADDR-BY-NAME")) {
    return [endpoint.host, String(endpoint.port)];
  }
  const fields = { runid: "1", flags, "last-ok-ping-reply": "10", "num-slaves": "0", "config-epoch": "1" };
  return Object.entries(fields).flat();
}
