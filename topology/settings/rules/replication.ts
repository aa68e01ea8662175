import { formatDuration } from "../quantities.ts";
import type { Rule } from "./rule.ts";

export const replicationRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["replicas", "redis.minReplicasToWrite"],
    check: ({ replicas, redis: { minReplicasToWrite } }) =>
      minReplicasToWrite <= replicas
        ? []
        : [
            {
              path: "redis.minReplicasToWrite",
              got: String(minReplicasToWrite),
              expected: `at most ${replicas}, the number of replicas`,
              advice: "the master would refuse every write: lower this value, or add replicas",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas", "redis.minReplicasToWrite"],
    check: ({ replicas, redis: { minReplicasToWrite } }) =>
      replicas === 0 || minReplicasToWrite !== replicas
        ? []
        : [
            {
              path: "replicas",
              got: String(replicas),
              expected: `at least ${replicas + 1}, one more than redis.minReplicasToWrite`,
              advice: "after the loss of a data node, the master refuses writes until the node is back",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas", "redis.minReplicasToWrite"],
    check: ({ replicas, redis: { minReplicasToWrite } }) =>
      replicas === 0 || minReplicasToWrite > 0
        ? []
        : [
            {
              path: "redis.minReplicasToWrite",
              got: "0",
              expected: "at least 1",
              advice:
                "an isolated master keeps accepting writes, and all of them are lost when it rejoins: a single writer lost 2370 writes in a partition of 25 s",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas"],
    check: ({ replicas }) =>
      replicas > 0
        ? []
        : [
            {
              path: "replicas",
              got: "0",
              expected: "at least 1",
              advice: "no node can take over from a failed master",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas", "redis.minReplicasToWrite", "redis.minReplicasMaxLag", "sentinels.downAfter"],
    check: ({ redis: { minReplicasToWrite, minReplicasMaxLag }, sentinels: { downAfter } }) => {
      const longest = Math.max(leastLag, Math.floor(downAfter / 1000) * 1000 + acknowledgementPeriod);
      return minReplicasToWrite === 0 || minReplicasMaxLag <= longest
        ? []
        : [
            {
              path: "redis.minReplicasMaxLag",
              got: formatDuration(minReplicasMaxLag),
              expected: `at most ${formatDuration(longest)}, a second more than sentinels.downAfter`,
              advice:
                "an isolated master still accepts writes after another node was promoted, and all of them are lost: in a partition of 25 s a single writer lost 952 writes at 10s and 273 at 3s",
            },
          ];
    },
  },
  {
    severity: "warning",
    reads: ["redis.appendonly", "redis.save"],
    check: ({ redis: { appendonly, save } }) =>
      appendonly
        ? []
        : [
            {
              path: "redis.appendonly",
              got: "false",
              expected: "true",
              advice: `a master that restarts before Sentinel marks it as down has ${save.length === 0 ? "no data, and its replicas then delete theirs" : "only the data of its last snapshot, and its replicas then delete newer data"}`,
            },
          ],
  },
];

/** Replicas acknowledge once a second, and Redis measures the time since the last acknowledgement in whole seconds. */
const acknowledgementPeriod = 1000;

/** With less than two seconds, a single late acknowledgement would stop writes. */
const leastLag = 2000;
