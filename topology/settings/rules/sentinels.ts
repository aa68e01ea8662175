import { majorityOf } from "../majority.ts";
import { formatDuration } from "../quantities.ts";
import type { Rule } from "./rule.ts";

export const sentinelRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["sentinels.count", "sentinels.quorum"],
    check: ({ sentinels: { count, quorum } }) =>
      quorum <= count
        ? []
        : [{ path: "sentinels.quorum", got: String(quorum), expected: `1 to ${count}, the number of Sentinels` }],
  },
  {
    severity: "problem",
    reads: ["sentinels.downAfter", "sentinels.failoverTimeout"],
    check: ({ sentinels: { downAfter, failoverTimeout } }) =>
      downAfter <= failoverTimeout
        ? []
        : [
            {
              path: "sentinels.downAfter",
              got: formatDuration(downAfter),
              expected: `at most ${formatDuration(failoverTimeout)}, which is sentinels.failoverTimeout`,
              advice: "a failover would time out before Sentinel detects the loss of its new master",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["sentinels.count", "sentinels.quorum"],
    check: ({ sentinels: { count, quorum } }) => {
      const majority = majorityOf(count);
      return quorum >= majority
        ? []
        : [
            {
              path: "sentinels.quorum",
              got: String(quorum),
              expected: `at least ${majority}, the majority of ${count} Sentinels`,
              advice: "a minority of Sentinels with a bad connection can start a failover of a healthy master",
            },
          ];
    },
  },
  {
    severity: "warning",
    reads: ["sentinels.count"],
    check: ({ sentinels: { count } }) =>
      count >= 3
        ? []
        : [
            {
              path: "sentinels.count",
              got: String(count),
              expected: "at least 3",
              advice:
                "a failover needs the votes of a majority, so after the loss of one Sentinel no failover is possible",
            },
          ],
  },
  {
    severity: "warning",
    reads: ["sentinels.count"],
    check: ({ sentinels: { count } }) =>
      count < 3 || count % 2 === 1
        ? []
        : [
            {
              path: "sentinels.count",
              got: String(count),
              expected: `an odd number, such as ${count - 1} or ${count + 1}`,
              advice: `${count} Sentinels tolerate the loss of no more Sentinels than ${count - 1} do`,
            },
          ],
  },
];
