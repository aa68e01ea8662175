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
              expected: `${master.cpus}, as the master`,
              advice: `after a failover writes are served with ${replica.cpus} instead of ${master.cpus} CPU cores`,
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
          advice: "during a rewrite the old and the new files exist at the same time",
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
              advice: "threads that wait for a core make Redis slower than it is without them",
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
    advice: `any data node may become master, so maxmemory is ${formatBytes(capacity(smaller).maxmemory)} on all of them and the other ${formatBytes(larger - smaller)} stay unused; with ${formatBytes(larger)} on every data node it would be ${formatBytes(capacity(larger).maxmemory)}`,
  };
}

/**
 * The append-only files grow to twice the data before they are rewritten, and the new files exist beside them until the
 * rewrite ends: three times maxmemory, and a snapshot. Without them there is a snapshot and its successor.
 */
function diskNeeded({ redis, ...settings }: Settings): number {
  const { maxmemory } = capacity(smallestMemory(settings), redis);
  const copies = redis.appendonly ? 4 : redis.save.length > 0 ? 2 : 0;
  return copies * maxmemory;
}
