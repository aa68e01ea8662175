import { readFileSync } from "node:fs";
import { join } from "node:path";
import Mustache from "mustache";
import { clientLimits } from "../topology/clientLimits.ts";
import { sentinelClientBuffers } from "../topology/settings/capacity.ts";
import type { DataNodePlan, NodePlan, SentinelPlan, Topology } from "../topology/topology.ts";
import { quote } from "./quote.ts";

/** Where the files are, as the process that reads them sees them. */
export interface Paths {
  /** What the deployment owns: world-readable, read-only. */
  readonly configuration: string;
  /** Readable by the process alone. Not inside `configuration`, since Kubernetes mounts the two separately. */
  readonly secrets: string;
  /** The node's volume: its data and its state, the only place that outlives it. */
  readonly data: string;
}

export const containerPaths: Paths = {
  configuration: "/etc/redis-ha",
  secrets: "/etc/redis-ha-secrets",
  data: "/data",
};

/** All that a node runs by, apart from its secrets. */
export interface NodeFiles {
  /** Path to content. */
  readonly files: Readonly<Record<string, string>>;
  /** Runs the node in the foreground. */
  readonly command: readonly string[];
  /** Exit code 0 when the node is well; else one line on standard output says why not. */
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

/** redis.conf without the password and without a role. */
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

/** sentinel.conf without the password and without the master's address. */
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

/** What only nodes of that kind run, besides the scripts of their own names. */
const otherScripts: Readonly<Record<Kind, readonly string[]>> = {
  redis: [
    "await-confirmation.sh",
    "await-data.sh",
    "gather-replicas.sh",
    "hand-over.sh",
    "hand-over-preparation.sh",
    "keep-following.sh",
    "persistence.sh",
    "release-clients.sh",
    "replace-crashed.sh",
    "talk-closely.sh",
    "unreadable-data.sh",
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
  const scripts = ["ask-peers.sh", start, probe, ...otherScripts[kind]];
  return {
    files: {
      [place(`${kind}.conf`)]: configuration,
      [place("peers")]: peers(topology, node, paths),
      ...Object.fromEntries(scripts.map((script) => [place(script), packagedFile(`scripts/${script}`)])),
    },
    command: ["sh", place(start)],
    probe: ["sh", place(probe)],
  };
}

/**
 * The list the scripts read. They split lines at white space and know no quotes.
 *
 * @throws RangeError when a value does not stand for itself there
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
    patience: {
      // Sentinels that start at the same time, after a power failure for instance, answer well within this.
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
 * A word of a file that knows no quotes, or others than Redis.
 *
 * @throws RangeError when it does not stand for itself there
 */
export function plainWord(value: unknown): string {
  const word = String(value);
  if (quote(word) !== word) {
    throw new RangeError(`${quote(word)} cannot stand there without quotes: use letters, digits and . _ : / = -`);
  }
  return word;
}

function yesOrNo(value: boolean): "yes" | "no" {
  return value ? "yes" : "no";
}

/** A template beside this file, filled in; `write` makes of each value what may stand there. */
export function render(template: string, view: object, write: (value: unknown) => string = quote): string {
  const part = (name: string) => packagedFile(`templates/${name}.mustache`);
  return Mustache.render(part(template), view, part, { escape: write });
}

const packagedFiles = new Map<string, string>();

/** A file beside this one, such as `scripts/probe-redis.sh`, read once. */
export function packagedFile(name: string): string {
  const known = packagedFiles.get(name) ?? readFileSync(join(import.meta.dirname, name), "utf8");
  packagedFiles.set(name, known);
  return known;
}
