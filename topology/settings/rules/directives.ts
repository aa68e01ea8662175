import { nearestPath } from "../didYouMean.ts";
import { type DirectiveKind, knownDirectives } from "../knownDirectives.ts";
import type { Problem } from "../problem.ts";
import type { Rule } from "./rule.ts";

export const directiveRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["redis.directives"],
    checksEach: "redis.directives",
    check: ({ redis: { directives } }) =>
      Object.keys(directives)
        .filter((name) => !nameForm.test(name))
        .map((name) => ({
          path: `redis.directives.${name}`,
          got: JSON.stringify(name),
          expected: "a directive's name in lower-case letters, digits and hyphens",
        })),
  },
  {
    severity: "problem",
    reads: ["redis.directives"],
    checksEach: "redis.directives",
    check: ({ redis: { directives } }) =>
      Object.keys(directives).flatMap((name) => {
        const reason = ownedDirectives.get(name);
        return reason === undefined
          ? []
          : [
              {
                path: `redis.directives.${name}`,
                got: "a value",
                expected: "none, since the deployment sets it",
                advice: reason,
              },
            ];
      }),
  },
  {
    severity: "problem",
    reads: ["redis.directives", "images"],
    checksEach: "redis.directives",
    check: ({ images, redis: { directives } }) =>
      images === "local" ? unknownNames(directives, "the nodes would not start") : [],
  },
  {
    severity: "warning",
    reads: ["redis.directives", "images"],
    checksEach: "redis.directives",
    check: ({ images, redis: { directives } }) =>
      images === "upstream"
        ? unknownNames(
            directives,
            "Redis 8.0 does not support it; if the Redis version of the image does not either, the nodes do not start",
          )
        : [],
  },
  {
    severity: "problem",
    reads: ["redis.directives"],
    checksEach: "redis.directives",
    check: ({ redis: { directives } }, isFaulty) =>
      Object.entries(directives).flatMap(([name, words]) => (isFaulty(pathOf(name)) ? [] : malformed(name, words))),
  },
  {
    severity: "warning",
    reads: ["redis.directives"],
    checksEach: "redis.directives",
    check: ({ redis: { directives } }) =>
      Object.entries(directives).flatMap(([name, [value = ""]]) =>
        riskyDirectives.has(name) && value !== "no"
          ? [
              {
                path: pathOf(name),
                got: value,
                expected: name === "loadmodule" ? "no module" : "no",
                advice: riskyDirectives.get(name) ?? "",
              },
            ]
          : [],
      ),
  },
];

const use = (setting: string) => `use ${setting}`;
const limits = "the deployment derives it from redis.clientBuffers";
const oneDataSet = "a replica that evicts keys itself no longer has the same data as its master";
const perNode = "the plan gives each node its own value";
const roles = "Sentinel decides which node is the master and which nodes are replicas";
const files = "the deployment decides where a node keeps its files";
const access = "the deployment configures access together with the password";
const reachable = "the other parts of the set and the checks connect to the planned address of a node";
const commands = "Sentinels, the exporter and the checks need every command under its original name";

type Directives = Readonly<Record<string, readonly string[]>>;

const pathOf = (name: string) => `redis.directives.${name}`;

function unknownNames(directives: Directives, consequence: string): readonly Problem[] {
  const known = [...knownDirectives.keys()];
  return Object.keys(directives)
    .filter((name) => nameForm.test(name) && !knownDirectives.has(name) && !ownedDirectives.has(name))
    .map((name) => {
      const nearest = nearestPath(name, known);
      const advice = nearest === undefined ? consequence : `${consequence}; did you mean ${nearest}?`;
      return { path: pathOf(name), got: JSON.stringify(name), expected: "a directive of redis-server", advice };
    });
}

/** The problem of a directive that takes one argument of a fixed format and has an argument of another format. */
function malformed(name: string, words: readonly string[]): readonly Problem[] {
  const form = forms[knownDirectives.get(name) ?? "other"];
  return form === undefined || ownedDirectives.has(name) || (words.length === 1 && form.pattern.test(words[0] ?? ""))
    ? []
    : [{ path: pathOf(name), got: JSON.stringify(words.join(" ")), expected: form.expected }];
}

const nameForm = /^[a-z][a-z0-9-]*$/;

const forms: Readonly<Record<DirectiveKind, { readonly pattern: RegExp; readonly expected: string } | undefined>> = {
  number: { pattern: /^-?\d+$/, expected: "a whole number" },
  memory: { pattern: /^\d+(b|kb?|mb?|gb?)?$/i, expected: "a number of bytes, such as 64mb" },
  memoryOrPercent: {
    pattern: /^\d+(b|kb?|mb?|gb?|%)?$/i,
    expected: "a number of bytes, such as 64mb, or a percentage",
  },
  octal: { pattern: /^[0-7]+$/, expected: "an octal number, such as 700" },
  yesOrNo: { pattern: /^(yes|no)$/i, expected: "yes or no" },
  other: undefined,
};

const containerAccess = "anyone with the password can then read the containers' files and memory, and run code in them";

/** Directives that give clients access to the containers unless they are `no`, each with the consequence. */
const riskyDirectives: ReadonlyMap<string, string> = new Map([
  ["enable-debug-command", containerAccess],
  ["enable-protected-configs", containerAccess],
  ["enable-module-command", containerAccess],
  ["loadmodule", "a module runs with all rights of the server, and a node without the module's file does not start"],
]);

/** Directives of redis.conf that the deployment sets, each with the setting to use instead or the reason. */
export const ownedDirectives: ReadonlyMap<string, string> = new Map([
  ["maxmemory", use("redis.maxmemory")],
  ["maxmemory-clients", use("redis.clientBuffers")],
  ["maxclients", limits],
  ["client-output-buffer-limit", limits],
  ["client-query-buffer-limit", limits],
  ["proto-max-bulk-len", limits],
  ["maxmemory-policy", use("redis.maxmemoryPolicy")],
  ["appendonly", use("redis.appendonly")],
  ["appendfsync", use("redis.appendfsync")],
  ["save", use("redis.save")],
  ["timeout", use("redis.timeout")],
  ["tcp-keepalive", use("redis.tcpKeepalive")],
  ["io-threads", use("redis.ioThreads")],
  ["min-replicas-to-write", use("redis.minReplicasToWrite")],
  ["min-slaves-to-write", use("redis.minReplicasToWrite")],
  ["min-replicas-max-lag", use("redis.minReplicasMaxLag")],
  ["min-slaves-max-lag", use("redis.minReplicasMaxLag")],
  ["requirepass", use("password")],
  ["masterauth", use("password")],
  ["masteruser", access],
  ["user", access],
  ["aclfile", access],
  ["protected-mode", access],
  ["replicaof", roles],
  ["slaveof", roles],
  ["cluster-enabled", roles],
  ["replica-priority", perNode],
  ["slave-priority", perNode],
  ["replica-announce-ip", perNode],
  ["slave-announce-ip", perNode],
  ["replica-announce-port", perNode],
  ["slave-announce-port", perNode],
  ["replica-announced", roles],
  ["replica-ignore-maxmemory", oneDataSet],
  ["slave-ignore-maxmemory", oneDataSet],
  ["replica-read-only", roles],
  ["slave-read-only", roles],
  ["repl-backlog-size", "the deployment derives it from the memory of the data nodes"],
  ["repl-diskless-load", "a replica that loads new data while it keeps the old data needs twice the memory"],
  ["databases", "client.db relies on the default of Redis, 16 databases"],
  ["port", use("docker.ports.redis")],
  ["bind", reachable],
  ["bind-source-addr", reachable],
  ["tls-port", reachable],
  ["unixsocket", reachable],
  ["dir", files],
  ["include", files],
  ["dbfilename", files],
  ["appendfilename", files],
  ["appenddirname", files],
  ["logfile", files],
  ["pidfile", files],
  ["daemonize", "the host starts and supervises the process"],
  ["supervised", "the host starts and supervises the process"],
  ["rename-command", commands],
]);
