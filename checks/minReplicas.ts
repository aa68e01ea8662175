import { CheckFailure } from "../redis/finding.ts";
import { findRoles } from "../redis/roles.ts";
import type { Check } from "./check.ts";
import { oneMaster } from "./oneMaster.ts";

/**
 * Enough replicas acknowledge in time. Otherwise the master refuses writes (min-replicas-to-write,
 * min-replicas-max-lag).
 */
export const minReplicasMet: Check = {
  name: "the master has enough replicas to accept writes",
  needs: [oneMaster],
  start: (set) => async () => {
    const { minReplicasToWrite: needed, minReplicasMaxLag: maxLag } = set.target.redisRules;
    if (needed === 0) {
      return "no replica is required";
    }
    const { master } = await findRoles(set);
    const good = [...master.replicas.values()].filter((replica) => replica.state === "online" && replica.lag <= maxLag);
    const saw = `${good.length} acknowledged within ${maxLag} s, ${needed} required`;
    if (good.length < needed) {
      const lookAt = set.command(master.node, "INFO replication");
      throw new CheckFailure([{ problem: `${master.node.name} has too few replicas: ${saw}`, lookAt }]);
    }
    return saw;
  },
};
