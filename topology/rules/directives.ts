import type { Rule } from "./rule.ts";

export const directiveRules: readonly Rule[] = [
  {
    severity: "problem",
    reads: ["redis.directives"],
    check: ({ redis: { directives } }) =>
      Object.keys(directives)
        .filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))
        .map((name) => ({
          path: `redis.directives.${name}`,
          got: JSON.stringify(name),
          expected: "a directive's name in lower-case letters, digits and hyphens",
        })),
  },
  {
    severity: "problem",
    reads: ["redis.directives"],
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
];

const use = (setting: string) => `use ${setting}`;
const limits = "it follows from redis.clientBuffers, which all clients share";
const perNode = "it differs from node to node and follows from the plan";
const roles = "Sentinel decides who follows whom";
const files = "the files of a node are laid out by the deployment";
const access = "it goes with the password";
const reachable = "the set's parts and the checks reach a node by its planned address";
const commands = "Sentinels, exporter and checks rely on every command under its own name";

/** Directives of redis.conf that the deployment sets itself, each with what to do instead or why. */
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
  ["replica-read-only", roles],
  ["slave-read-only", roles],
  ["repl-backlog-size", "it follows from the memory of the data nodes"],
  ["repl-diskless-load", "a replica that loads beside its old data needs twice the memory"],
  ["databases", "it stays at Redis' 16, which client.db counts on"],
  ["port", use("docker.ports.redis")],
  ["bind", reachable],
  ["tls-port", reachable],
  ["unixsocket", reachable],
  ["dir", files],
  ["include", files],
  ["dbfilename", files],
  ["appendfilename", files],
  ["appenddirname", files],
  ["logfile", files],
  ["pidfile", files],
  ["daemonize", "the host starts and watches the process"],
  ["supervised", "the host starts and watches the process"],
  ["rename-command", commands],
]);
