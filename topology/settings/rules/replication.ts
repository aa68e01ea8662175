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
              advice: "the master would never take a write: lower this, or add replicas",
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
              advice: "when a data node is lost, no write is taken until it is back",
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
                "a master that is cut off goes on taking writes, all lost when it comes back: a partition of 25 s cost a single writer 2370",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas"],
    check: ({ replicas }) =>
      replicas > 0
        ? []
        : [{ path: "replicas", got: "0", expected: "at least 1", advice: "nothing can take over from the master" }],
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
                "a master that is cut off goes on taking writes, all lost, when another one is there already: a partition of 25 s cost a single writer 952 at 10s and 273 at 3s",
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
              advice: `a master that restarts sooner than it is missed comes back ${save.length === 0 ? "empty" : "with its last snapshot"}, and its replicas follow it`,
            },
          ],
  },
];

/** Replicas acknowledge once a second, and Redis counts their silence in whole seconds. */
const acknowledgementPeriod = 1000;

/** Below two seconds a single late acknowledgement would stop writes. */
const leastLag = 2000;
