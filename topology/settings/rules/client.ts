import { connectionMemory, mostConnections } from "../../clientLimits.ts";
import { applicationConnections, reservedConnections } from "../../connections.ts";
import { formatBytes, mebibyte } from "../quantities.ts";
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
  {
    severity: "problem",
    reads: [
      "client.maxConnections",
      "redis.clientBuffers",
      "replicas",
      "sentinels.count",
      "gateway.enabled",
      "gateway.count",
      "size.master.memory",
      "size.replica.memory",
    ],
    check: (settings) => {
      const { maxConnections } = settings.client;
      const most = applicationConnections(settings);
      return maxConnections <= most
        ? []
        : [
            {
              path: "client.maxConnections",
              got: String(maxConnections),
              expected: `at most ${most}, the connections of a data node minus the ${reservedConnections(settings)} that are reserved for the set itself`,
              advice: adviceFor(maxConnections + reservedConnections(settings)),
            },
          ];
    },
  },
];

function adviceFor(connections: number): string {
  const needed = Math.ceil((connections * connectionMemory) / mebibyte) * mebibyte;
  return connections <= mostConnections
    ? `lower it, or set redis.clientBuffers to ${formatBytes(needed)}`
    : `lower it: a data node accepts at most ${mostConnections} connections`;
}
