import { capacity } from "../capacity.ts";
import type { Problem } from "../problem.ts";
import { formatBytes } from "../quantities.ts";
import type { Settings } from "../schema.ts";
import { dataNodeRoles, smallestMemory } from "../smallestNode.ts";
import type { Rule } from "./rule.ts";

export const sizeRules: readonly Rule[] = [
  {
    severity: "warning",
    reads: ["replicas", "size.master.memory", "size.replica.memory", "redis.maxmemory"],
    check: (settings) => {
      const { master, replica } = settings.size;
      return settings.replicas === 0 || settings.redis.maxmemory !== undefined || master.memory === replica.memory
        ? []
        : [unevenMemory(master.memory, replica.memory)];
    },
  },
  {
    severity: "warning",
    reads: ["replicas", "size.master.cpus", "size.replica.cpus"],
    check: ({ replicas, size: { master, replica } }) =>
      replicas === 0 || replica.cpus >= master.cpus
        ? []
        : [
            {
              path: "size.replica.cpus",
              got: String(replica.cpus),
              expected: `${master.cpus}, the CPU cores of the master`,
              advice: `after a failover the master has ${replica.cpus} instead of ${master.cpus} CPU cores`,
            },
          ],
  },
  {
    severity: "warning",
    reads: ["replicas", "size", "redis"],
    check: (settings) => {
      const needed = diskNeeded(settings);
      return dataNodeRoles(settings)
        .map((role) => ({ path: `size.${role}.disk`, disk: settings.size[role].disk }))
        .filter(({ disk }) => disk < needed)
        .map(({ path, disk }) => ({
          path,
          got: formatBytes(disk),
          expected: `at least ${formatBytes(needed)}`,
          advice: "the old and the new files exist at the same time while they are rewritten",
        }));
    },
  },
  {
    severity: "warning",
    reads: ["replicas", "redis.ioThreads", "size.master.cpus", "size.replica.cpus"],
    check: (settings) => {
      const { ioThreads } = settings.redis;
      const fewest = Math.min(...dataNodeRoles(settings).map((role) => settings.size[role].cpus));
      return ioThreads === 1 || ioThreads <= fewest
        ? []
        : [
            {
              path: "redis.ioThreads",
              got: String(ioThreads),
              expected: `at most ${Math.max(1, Math.floor(fewest))}, the CPU cores of a data node`,
              advice: "Redis is slower with threads that wait for a core than without these threads",
            },
          ];
    },
  },
];

function unevenMemory(master: number, replica: number): Problem {
  const [smaller, larger] = [Math.min(master, replica), Math.max(master, replica)];
  const [path, other] = master > replica ? ["size.master.memory", "replicas'"] : ["size.replica.memory", "master's"];
  return {
    path,
    got: formatBytes(larger),
    expected: `${formatBytes(smaller)}, the ${other} memory`,
    advice: `any data node may become master, so maxmemory is ${formatBytes(capacity(smaller).maxmemory)} on all of them and ${formatBytes(larger - smaller)} stay unused; with ${formatBytes(larger)} on every data node maxmemory would be ${formatBytes(capacity(larger).maxmemory)}`,
  };
}

/**
 * The disk space that a data node needs, in bytes. Append-only files grow to twice the size of the data before they are
 * rewritten, and the new files exist at the same time until the rewrite ends. With a snapshot this is four times
 * maxmemory. Without append-only files, a snapshot and its successor need twice maxmemory.
 */
function diskNeeded({ redis, ...settings }: Settings): number {
  const { maxmemory } = capacity(smallestMemory(settings), redis);
  const copies = redis.appendonly ? 4 : redis.save.length > 0 ? 2 : 0;
  return copies * maxmemory;
}
