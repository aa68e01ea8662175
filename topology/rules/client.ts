import type { Rule } from "./rule.ts";

export const clientRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["client.minIdle", "client.poolSize"],
    check: ({ client: { minIdle, poolSize } }) =>
      minIdle <= poolSize
        ? []
        : [{ path: "client.minIdle", got: String(minIdle), expected: `at most ${poolSize}, which is client.poolSize` }],
  },
  {
    severity: "problem",
    reads: ["client.poolSize", "client.maxConnections"],
    check: ({ client: { poolSize, maxConnections } }) =>
      poolSize <= maxConnections
        ? []
        : [
            {
              path: "client.poolSize",
              got: String(poolSize),
              expected: `at most ${maxConnections}, which is client.maxConnections`,
            },
          ],
  },
];
