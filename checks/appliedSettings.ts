import { failOn, joinNames } from "../redis/finding.ts";
import { infoFields, pairFields } from "../redis/replies.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { clientLimits } from "../topology/clientLimits.ts";
import type { Finding } from "../topology/finding.ts";
import type { DataNodePlan, RedisParameters } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { dataNodesAnswer } from "./connectivity.ts";

/**
 * Every data node runs with the planned memory limit, client limits, eviction policy and persistence settings. Replicas
 * are checked too, because any of them may become the master.
 */
export const settingsApplied: Check = {
  name: "memory and persistence settings match the plan",
  needs: [dataNodesAnswer],
  start: (set) => async () => {
    const { dataNodes, redisRules } = set.target;
    const findings = await set.askEach(dataNodes, async (node) => [
      ...(await settingFaults(set, node)),
      ...(await persistenceFaults(set, node)),
    ]);
    failOn(findings.flat());
    const kept = (await set.askEach(dataNodes, (node) => keptFiles(set, node))).flat();
    const files = kept.length === 0 ? "" : `; ${joinNames(kept)}`;
    return `maxmemory ${redisRules.maxmemory} ${redisRules.maxmemoryPolicy}, ${persistence(redisRules)}${files}`;
  },
};

/**
 * Describes the damaged files that the node set aside when it started. The start script reports their size in
 * `proc-title-template`.
 */
async function keptFiles(set: RunningSet, node: DataNodePlan): Promise<readonly string[]> {
  const reply = await set.call(node, "CONFIG", "GET", "proc-title-template");
  const kibibytes = / keeps-damaged-files-kib=(\d+)$/.exec(pairFields(reply).get("proc-title-template") ?? "")?.[1];
  return kibibytes === undefined ? [] : [`${node.name} keeps ${kibibytes} KiB of files that it could not load`];
}

/** Maps each directive to the value that CONFIG GET returns when the plan is applied. */
function plannedSettings(rules: RedisParameters, node: DataNodePlan): Readonly<Record<string, string>> {
  const clients = clientLimits(rules.clientBuffers);
  return {
    maxmemory: String(rules.maxmemory),
    "maxmemory-policy": rules.maxmemoryPolicy,
    "maxmemory-clients": String(clients.memory),
    // Redis lowers this value automatically if the process may open too few files.
    maxclients: String(clients.connections),
    appendonly: rules.appendonly ? "yes" : "no",
    appendfsync: rules.appendfsync,
    save: snapshots(rules),
    "min-replicas-to-write": String(rules.minReplicasToWrite),
    "min-replicas-max-lag": String(rules.minReplicasMaxLag),
    "repl-backlog-size": String(rules.replicationBacklog),
    "replica-priority": String(node.priority),
  };
}

async function settingFaults(set: RunningSet, node: DataNodePlan): Promise<readonly Finding[]> {
  const planned = Object.entries(plannedSettings(set.target.redisRules, node));
  // One call for each directive: CONFIG GET accepts several names only since Redis 7.
  const replies = await Promise.all(planned.map(([directive]) => set.call(node, "CONFIG", "GET", directive)));
  return planned.flatMap(([directive, expected], index) => {
    const actual = pairFields(replies[index]).get(directive) ?? "not supported";
    return actual === expected ? [] : [settingFault(set, node, directive, actual, expected)];
  });
}

/**
 * Values that the scripts in configs/scripts set temporarily. A master requires more replicas than exist until the
 * Sentinels confirm its role. A replica has priority 0 until it has data, and 1 while a switchover promotes the
 * replica.
 */
const temporaryValues: Readonly<Record<string, readonly string[]>> = {
  "min-replicas-to-write": ["2147483647"],
  "replica-priority": ["0", "1"],
};

/**
 * A node reads its settings before it listens, so waiting can change only the temporary values. Any other difference is
 * permanent.
 */
function settingFault(
  set: RunningSet,
  node: DataNodePlan,
  directive: string,
  actual: string,
  expected: string,
): Finding {
  return {
    problem: `${node.name} runs with ${directive} ${quoted(actual)}; the plan says ${quoted(expected)}`,
    lookAt: set.command(node, `CONFIG GET ${directive}`),
    permanent: !temporaryValues[directive]?.includes(actual),
  };
}

/** Finds failed writes to disk. A full or read-only disk is noticed here first. */
async function persistenceFaults(set: RunningSet, node: DataNodePlan): Promise<readonly Finding[]> {
  const info = infoFields(await set.call(node, "INFO", "persistence"));
  return ["aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"]
    .filter((status) => (info.get(status) ?? "ok") !== "ok")
    .map((status) => ({
      problem: `${node.name} cannot persist its data: ${status} is ${info.get(status)}`,
      lookAt: `${set.command(node, "INFO persistence")}, the log of ${node.name} and the space on its volume`,
    }));
}

function persistence(rules: RedisParameters): string {
  const appendOnly = rules.appendonly ? `append-only file (fsync ${rules.appendfsync})` : "no append-only file";
  return `${appendOnly}, ${rules.save.length === 0 ? "no snapshots" : `snapshots ${snapshots(rules)}`}`;
}

function snapshots(rules: RedisParameters): string {
  return rules.save.flat().join(" ");
}

function quoted(value: string): string {
  return value === "" ? '""' : value;
}
