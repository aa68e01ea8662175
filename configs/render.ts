import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import Mustache from "mustache";
import { clientLimits } from "../topology/clientLimits.ts";
import { sentinelClientBuffers } from "../topology/settings/capacity.ts";
import type { DataNodePlan, NodePlan, SentinelPlan, Topology } from "../topology/topology.ts";
import { quote } from "./quote.ts";

/** The folders of a node's files, as its process sees them. */
export interface Paths {
  /** Files that the deployment owns: world-readable and read-only. */
  readonly configuration: string;
  /** Files that only the process may read. Not inside `configuration`, since Kubernetes mounts the two separately. */
  readonly secrets: string;
  /** The node's volume with its data and state. Only this folder outlives the node's container. */
  readonly data: string;
}

export const containerPaths: Paths = {
  configuration: "/etc/redis-ha",
  secrets: "/etc/redis-ha-secrets",
  data: "/data",
};

/** The files and commands of a node, without its secrets. */
export interface NodeFiles {
  /** Paths and contents. */
  readonly files: Readonly<Record<string, string>>;
  /** Runs the node in the foreground. */
  readonly command: readonly string[];
  /** Exits with 0 if the node is healthy. Otherwise prints the reason as one line on standard output. */
  readonly probe: readonly string[];
}

/** The files, start command and probe of a data node. */
export function redisFiles(topology: Topology, node: DataNodePlan, paths: Paths = containerPaths): NodeFiles {
  return nodeFiles("redis", topology, node, paths, redisConfiguration(topology, node, paths));
}

/** The files, start command and probe of a Sentinel. */
export function sentinelFiles(topology: Topology, sentinel: SentinelPlan, paths: Paths = containerPaths): NodeFiles {
  return nodeFiles("sentinel", topology, sentinel, paths, sentinelConfiguration(topology, sentinel, paths));
}

/** A data node's secret files: path to content. */
export function redisSecretFiles(password: string, paths: Paths = containerPaths): Record<string, string> {
  return {
    [join(paths.secrets, "redis-authentication.conf")]: render("redis-authentication.conf", { password }),
    [join(paths.secrets, "authenticate")]: render("authenticate", { password }),
  };
}

/** A Sentinel's secret files: path to content. Data nodes and Sentinels have one password. */
export function sentinelSecretFiles(
  topology: Topology,
  password: string,
  paths: Paths = containerPaths,
): Record<string, string> {
  const { masterName } = topology;
  return {
    [join(paths.secrets, "sentinel-authentication.conf")]: render("sentinel-authentication.conf", {
      masterName,
      password,
    }),
    [join(paths.secrets, "authenticate")]: render("authenticate", { password }),
  };
}

/** Renders redis.conf, which contains neither the password nor a role. */
export function redisConfiguration(topology: Topology, node: DataNodePlan, paths: Paths = containerPaths): string {
  const rules = topology.redisRules;
  const directives = Object.entries(rules.directives).map(([name, values]) => ({ name, arguments: values }));
  return render("redis.conf", {
    name: node.name,
    address: node.endpoint.host,
    port: node.endpoint.port,
    priority: node.priority,
    data: paths.data,
    rules,
    clients: clientLimits(rules.clientBuffers),
    appendonly: yesOrNo(rules.appendonly),
    snapshots: rules.save.map(([seconds, changes]) => ({ seconds, changes })),
    hasDirectives: directives.length > 0,
    directives,
  });
}

/** Renders sentinel.conf, which contains neither the password nor the master's address. */
export function sentinelConfiguration(
  topology: Topology,
  sentinel: SentinelPlan,
  paths: Paths = containerPaths,
): string {
  return render("sentinel.conf", {
    name: sentinel.name,
    id: sentinel.id,
    address: sentinel.endpoint.host,
    port: sentinel.endpoint.port,
    data: paths.data,
    masterName: topology.masterName,
    rules: topology.sentinelRules,
    clients: clientLimits(sentinelClientBuffers(sentinel.size.memory)),
  });
}

type Kind = "redis" | "sentinel";

/** The further scripts of each kind of node, in addition to `start-KIND.sh` and `probe-KIND.sh`. */
const otherScripts: Readonly<Record<Kind, readonly string[]>> = {
  redis: [
    "allow-promotion.sh",
    "disconnect-clients.sh",
    "enable-writes.sh",
    "repoint-replicas.sh",
    "request-failover.sh",
    "switchover.sh",
    "watch-replication.sh",
    "lib/persistence.sh",
    "lib/persistent-connections.sh",
    "lib/switchover-preparation.sh",
    "lib/unreadable-data.sh",
  ],
  sentinel: ["agree-on-master.sh"],
};

function nodeFiles(
  kind: Kind,
  topology: Topology,
  node: DataNodePlan | SentinelPlan,
  paths: Paths,
  configuration: string,
): NodeFiles {
  const place = (name: string) => join(paths.configuration, name);
  const start = `start-${kind}.sh`;
  const probe = `probe-${kind}.sh`;
  const scripts = ["lib/peers.sh", start, probe, ...otherScripts[kind]];
  return {
    files: {
      [place(`${kind}.conf`)]: configuration,
      [place("peers")]: peers(topology, node, paths),
      // The node has them all in one folder, since a key of a ConfigMap cannot name a folder.
      ...Object.fromEntries(scripts.map((script) => [place(basename(script)), packagedFile(`scripts/${script}`)])),
    },
    command: ["sh", place(start)],
    probe: ["sh", place(probe)],
  };
}

/**
 * Renders the file `peers` for the scripts, which split its lines at white space and do not support quotes.
 *
 * @throws RangeError if a value would need quotes
 */
function peers(topology: Topology, node: NodePlan & { readonly ordinal: number }, paths: Paths): string {
  const { downAfter, failoverTimeout, quorum } = topology.sentinelRules;
  const view = {
    ...paths,
    address: node.endpoint.host,
    port: node.endpoint.port,
    ordinal: node.ordinal,
    masterName: topology.masterName,
    quorum,
    appendonly: yesOrNo(topology.redisRules.appendonly),
    minReplicasToWrite: topology.redisRules.minReplicasToWrite,
    downAfter,
    timeouts: {
      // Sentinels that start at the same time, such as after a power failure, answer within much less time.
      sentinels: 2 * downAfter,
      // A failed failover blocks the next attempt for twice the failover timeout.
      failover: downAfter + 3 * failoverTimeout,
    },
    dataNodes: topology.dataNodes,
    sentinels: topology.sentinels,
  };
  return render("peers", view, plainWord);
}

/**
 * Checks a value for a file format without quotes, or with other quotes than those of Redis.
 *
 * @throws RangeError if the value would need quotes
 */
export function plainWord(value: unknown): string {
  const word = String(value);
  if (quote(word) !== word) {
    throw new RangeError(
      `${quote(word)} would need quotes, which this file does not support: use letters, digits and . _ : / = -`,
    );
  }
  return word;
}

function yesOrNo(value: boolean): "yes" | "no" {
  return value ? "yes" : "no";
}

/**
 * Renders a template of the folder `templates`.
 *
 * @param write converts each value to text that is safe in the file
 */
export function render(template: string, view: object, write: (value: unknown) => string = quote): string {
  const part = (name: string) => packagedFile(`templates/${name}.mustache`);
  return Mustache.render(part(template), view, part, { escape: write });
}

const packagedFiles = new Map<string, string>();

/** The content of a file of this folder, such as `scripts/probe-redis.sh`. Each file is read only once. */
export function packagedFile(name: string): string {
  const known = packagedFiles.get(name) ?? readFileSync(join(import.meta.dirname, name), "utf8");
  packagedFiles.set(name, known);
  return known;
}
