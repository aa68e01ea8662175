import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { CheckFailure } from "../redis/finding.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { waitFor } from "../redis/waitFor.ts";
import type { DataNodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { minReplicasMet } from "./minReplicas.ts";
import { replicasInSync } from "./replication.ts";

/** Milliseconds within which every replica must show a write on the master; on one machine this takes about 1 ms. */
const propagationBound = 1000;

/** Milliseconds after which a check's key expires, in case the set fails before the check removes the key. */
export const keyExpiry = 10_000;

/** A key that no application uses. */
export function verificationKey(): string {
  return `redis-ha:verification:${randomUUID()}`;
}

/** Writes a key on the master and reads it on every replica, then removes the key and waits for the removal there. */
export const writesReachReplicas: Check = {
  name: "a write on the master reaches every replica",
  needs: [replicasInSync, minReplicasMet],
  start: (set) => {
    const key = verificationKey();
    return async () => {
      const { master, replicas } = await findRoles(set);
      const nodes = replicas.map(({ node }) => node);
      const value = randomUUID();
      const written = performance.now();
      await set.call(master.node, "SET", key, value, "PX", String(keyExpiry));
      const read = await set.askEach(nodes, (node) => seen(set, node, key, value, written));
      const removed = performance.now();
      await set.call(master.node, "DEL", key);
      const gone = await set.askEach(nodes, (node) => seen(set, node, key, null, removed));
      return nodes.length === 0
        ? `written and removed on ${master.node.name}; no replicas are planned`
        : `read back within ${slowest(read)} ms, seen removed within ${slowest(gone)} ms`;
    };
  },
};

/**
 * Polls a replica until it shows the value. Returns the milliseconds since the value was sent to the master.
 *
 * @throws CheckFailure when that takes longer than the limit
 */
async function seen(
  set: RunningSet,
  replica: DataNodePlan,
  key: string,
  expected: string | null,
  since: number,
): Promise<number> {
  const passed = () => performance.now() - since;
  return waitFor(async () => (await set.call(replica, "GET", key)) === expected && passed(), {
    timeout: propagationBound - passed(),
    interval: 1,
    onTimeout: () => {
      const what = expected === null ? "still shows a key removed on" : "does not show a key written on";
      const problem = `${replica.name} ${what} the master ${Math.round(passed())} ms ago; ${propagationBound} ms are accepted`;
      throw new CheckFailure([{ problem, lookAt: set.command(replica, "INFO replication") }]);
    },
  });
}

function slowest(times: readonly number[]): string {
  return Math.max(...times).toFixed(1);
}
