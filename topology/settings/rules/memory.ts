import { type Capacity, capacity, leastMaxmemory, memoryFor, mostClientBuffers } from "../capacity.ts";
import type { Problem } from "../problem.ts";
import { formatBytes, mebibyte } from "../quantities.ts";
import { dataNodeRoles, smallestMemory } from "../smallestNode.ts";
import type { Rule, SettingPath } from "./rule.ts";

const memorySettings: readonly SettingPath[] = ["replicas", "size.master.memory", "size.replica.memory"];

export const memoryRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: memorySettings,
    check: (settings) => dataNodeRoles(settings).flatMap((role) => tooSmall(role, settings.size[role].memory)),
  },
  {
    severity: "problem",
    reads: [...memorySettings, "redis.clientBuffers"],
    check: (settings) => {
      const memory = smallestMemory(settings);
      const { clientBuffers } = settings.redis;
      const most = mostClientBuffers(memory);
      return clientBuffers === undefined || memory < memoryFor(leastMaxmemory) || clientBuffers <= most
        ? []
        : [
            {
              path: "redis.clientBuffers",
              got: formatBytes(clientBuffers),
              expected: `at most ${formatBytes(most)}`,
              advice: `the smallest data node has ${formatBytes(memory)}, of which at least ${formatBytes(leastMaxmemory)} must remain for data; with ${formatBytes(clientBuffers)} for clients every data node needs ${formatBytes(memoryFor(leastMaxmemory, clientBuffers))}`,
            },
          ];
    },
  },
  {
    severity: "problem",
    reads: [...memorySettings, "redis.maxmemory", "redis.clientBuffers"],
    check: (settings) => {
      const { maxmemory, clientBuffers } = settings.redis;
      const shares = capacity(smallestMemory(settings), { clientBuffers });
      return maxmemory === undefined || shares.maxmemory < leastMaxmemory || maxmemory <= shares.maxmemory
        ? []
        : [
            {
              path: "redis.maxmemory",
              got: formatBytes(maxmemory),
              expected: `at most ${formatBytes(shares.maxmemory)}`,
              advice: `the smallest data node has ${formatBytes(shares.memory)}, minus ${inWords(shares)}; with ${formatBytes(maxmemory)} of data every data node needs ${formatBytes(memoryFor(maxmemory, clientBuffers))}`,
            },
          ];
    },
  },
];

function tooSmall(role: "master" | "replica", memory: number): readonly Problem[] {
  const least = memoryFor(leastMaxmemory);
  return memory >= least
    ? []
    : [
        {
          path: `size.${role}.memory`,
          got: formatBytes(memory),
          expected: `at least ${formatBytes(least)}`,
          advice: `${formatBytes(leastMaxmemory)} for data and ${inWords(capacity(least))}`,
        },
      ];
}

/** Lists the shares that are not for data, rounded to whole MB. */
function inWords(shares: Capacity): string {
  const parts = [
    ["copy-on-write", shares.copyOnWrite],
    ["fragmentation", shares.fragmentation],
    ["replica buffers", shares.replicaOutputBuffer],
    ["client buffers", shares.clientBuffers],
    ["the process", shares.process],
  ] as const;
  return parts.map(([name, bytes]) => `${Math.round(bytes / mebibyte)}MB for ${name}`).join(", ");
}
