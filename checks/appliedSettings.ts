import { failOn, joinNames } from "../redis/finding.ts";
import { infoFields, pairFields } from "../redis/replies.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { clientLimits } from "../topology/clientLimits.ts";
import type { Finding } from "../topology/finding.ts";
import type { DataNodePlan, RedisParameters } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { dataNodesAnswer } from "./connectivity.ts";

/** Memory, the limits of clients, eviction and persistence are what the plan says, on every node, since any may become master. */
export const settingsApplied: Check = {
  name: "memory and persistence are as planned",
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

/** Files that the node could not load and had kept aside when it started; its start script writes that there. */
async function keptFiles(set: RunningSet, node: DataNodePlan): Promise<readonly string[]> {
  const reply = await set.call(node, "CONFIG", "GET", "proc-title-template");
  const kibibytes = / keeps-damaged-files-kib=(\d+)$/.exec(pairFields(reply).get("proc-title-template") ?? "")?.[1];
  return kibibytes === undefined ? [] : [`${node.name} keeps ${kibibytes} KiB of files that it could not load`];
}

/** Directive to the value that CONFIG GET gives when the plan is applied. */
function plannedSettings(rules: RedisParameters, node: DataNodePlan): Readonly<Record<string, string>> {
  const clients = clientLimits(rules.clientBuffers);
  return {
    maxmemory: String(rules.maxmemory),
    "maxmemory-policy": rules.maxmemoryPolicy,
    "maxmemory-clients": String(clients.memory),
    // Redis lowers it by itself where the process may open fewer files.
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
  // One question for each: CONFIG GET takes several names only since Redis 7.
  const replies = await Promise.all(planned.map(([directive]) => set.call(node, "CONFIG", "GET", directive)));
  return planned.flatMap(([directive, expected], index) => {
    const actual = pairFields(replies[index]).get(directive) ?? "not there";
    return actual === expected ? [] : [settingFault(set, node, directive, actual, expected)];
  });
}

/**
 * What passes by itself (configs/scripts): a master asks for more replicas than there are until the Sentinels confirm it,
 * a replica has the priority 0 until it has data, and 1 while the master is handed over to it.
 */
const passing: Readonly<Record<string, readonly string[]>> = {
  "min-replicas-to-write": ["2147483647"],
  "replica-priority": ["0", "1"],
};

/** A node reads its settings before it listens, so no waiting changes others than those. */
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
    permanent: !passing[directive]?.includes(actual),
  };
}

/** A full or read-only disk shows here first. */
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
