import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream";
import { Redis } from "ioredis";
import { clientLimits } from "../../../topology/clientLimits.ts";
import type { DataNodePlan, Endpoint, NodePlan, SentinelPlan, Topology } from "../../../topology/topology.ts";
import { password, plannedSet } from "../unit/plannedSet.ts";

/**
 * The path of the Redis program; undefined if Redis is not installed. The name by which it is called makes it a server,
 * a Sentinel or a file checker. Debian's redis-tools installs it only under the name of the file checker.
 */
export const redisBinary = ["redis-server", "redis-check-rdb"].map(onPath).find((found) => found !== undefined);

/** The network of this worker's set. Test files run side by side in several workers, which are numbered from 1. */
export const network = `127.0.${40 + Number(process.env["VITEST_POOL_ID"] ?? 1)}`;

/** Real Redis and Sentinel processes on their own loopback addresses, configured without the project's templates. */
export class LoopbackSet {
  readonly topology: Topology = plannedSet({
    dataNode: (ordinal) => ({
      endpoint: { host: `${network}.${1 + ordinal}`, port: 6379 },
      published: { host: `${network}.100`, port: 6379 + ordinal },
    }),
    sentinel: (ordinal) => ({
      endpoint: { host: `${network}.${11 + ordinal}`, port: 26379 },
      published: { host: `${network}.100`, port: 26379 + ordinal },
    }),
  });
  readonly #processes = new Map<string, ChildProcess>();
  readonly #clients = new Map<string, Redis>();
  readonly #forwarders: Server[] = [];
  #directory = "";

  /** Starts all processes without waiting until they serve. */
  async start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), "redis-ha-checks-"));
    for (const name of ["redis-server", "redis-sentinel"]) {
      await symlink(redisBinary ?? name, join(this.#directory, name));
    }
    for (const node of this.topology.dataNodes) {
      await this.#configure(node, this.#redisConf(node));
      this.run(node);
    }
    for (const sentinel of this.topology.sentinels) {
      await this.renew(sentinel);
    }
  }

  /** Replaces a running Sentinel by a new one that knows only the plan. */
  async renew(sentinel: SentinelPlan): Promise<void> {
    await this.kill(sentinel);
    await this.#configure(sentinel, this.#sentinelConf(sentinel));
    this.run(sentinel);
  }

  /** Forwards every published port to its node, as a container engine does. */
  async publish(): Promise<void> {
    for (const node of [...this.topology.dataNodes, ...this.topology.sentinels]) {
      await this.forward(node.published, node);
    }
  }

  /** Forwards another address to a node until the set is stopped. */
  async forward(from: Endpoint, { endpoint }: NodePlan): Promise<void> {
    const forwarder = createServer((incoming) => {
      const outgoing = connect(endpoint.port, endpoint.host);
      // Either side may close the connection first. The other side is then closed too.
      pipeline(incoming, outgoing, incoming, () => outgoing.destroy());
    });
    forwarder.listen(from.port, from.host);
    await once(forwarder, "listening");
    this.#forwarders.push(forwarder);
  }

  run(node: NodePlan): void {
    const program = node.name.startsWith("sentinel") ? "redis-sentinel" : "redis-server";
    const home = join(this.#directory, node.name);
    const child = spawn(join(this.#directory, program), [join(home, "node.conf")], { cwd: home, stdio: "ignore" });
    this.#processes.set(node.name, child);
  }

  signal(node: NodePlan, signal: NodeJS.Signals): void {
    this.#processes.get(node.name)?.kill(signal);
  }

  async kill(node: NodePlan): Promise<void> {
    const child = this.#processes.get(node.name);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
  }

  /** Sends a command of the test on the test's own connection. */
  async call(node: NodePlan, ...words: readonly [string, ...string[]]): Promise<unknown> {
    const { host, port } = node.endpoint;
    const client = this.#clients.get(node.name) ?? new Redis({ host, port, password, disconnectTimeout: 100 });
    this.#clients.set(node.name, client);
    const [command, ...rest] = words;
    return client.call(command, ...rest);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) {
      client.disconnect();
    }
    for (const forwarder of this.#forwarders) {
      forwarder.close();
    }
    for (const node of [...this.topology.dataNodes, ...this.topology.sentinels]) {
      await this.kill(node);
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #configure(node: NodePlan, lines: readonly string[]): Promise<void> {
    const home = join(this.#directory, node.name);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, "node.conf"), `${lines.join("\n")}\n`);
  }

  #redisConf({ ordinal, endpoint, priority }: DataNodePlan): readonly string[] {
    const rules = this.topology.redisRules;
    const clients = clientLimits(rules.clientBuffers);
    return [
      `bind ${endpoint.host}`,
      `port ${endpoint.port}`,
      `replica-announce-ip ${endpoint.host}`,
      `requirepass ${password}`,
      `masterauth ${password}`,
      `maxmemory ${rules.maxmemory}`,
      `maxmemory-policy ${rules.maxmemoryPolicy}`,
      `maxmemory-clients ${clients.memory}`,
      `maxclients ${clients.connections}`,
      `repl-backlog-size ${rules.replicationBacklog}`,
      `appendonly ${rules.appendonly ? "yes" : "no"}`,
      `appendfsync ${rules.appendfsync}`,
      `save ${rules.save.flat().join(" ")}`,
      `min-replicas-to-write ${rules.minReplicasToWrite}`,
      `min-replicas-max-lag ${rules.minReplicasMaxLag}`,
      `replica-priority ${priority}`,
      "repl-diskless-sync-delay 0",
      ...(ordinal === 0 ? [] : [`replicaof ${this.topology.dataNodes[0]?.endpoint.host} 6379`]),
    ];
  }

  #sentinelConf({ id, endpoint }: SentinelPlan): readonly string[] {
    const { masterName, sentinelRules: rules, dataNodes } = this.topology;
    return [
      `bind ${endpoint.host}`,
      `port ${endpoint.port}`,
      `requirepass ${password}`,
      `sentinel myid ${id}`,
      `sentinel announce-ip ${endpoint.host}`,
      `sentinel monitor ${masterName} ${dataNodes[0]?.endpoint.host} 6379 ${rules.quorum}`,
      `sentinel auth-pass ${masterName} ${password}`,
      `sentinel down-after-milliseconds ${masterName} ${rules.downAfter}`,
      `sentinel failover-timeout ${masterName} ${rules.failoverTimeout}`,
      `sentinel parallel-syncs ${masterName} ${rules.parallelSyncs}`,
      // Without these lines, a Sentinel would need up to ten seconds to find the nodes, which is the period of its
      // INFO.
      ...dataNodes.slice(1).map((replica) => `sentinel known-replica ${masterName} ${replica.endpoint.host} 6379`),
      ...this.topology.sentinels
        .filter((peer) => peer.id !== id)
        .map((peer) => `sentinel known-sentinel ${masterName} ${peer.endpoint.host} 26379 ${peer.id}`),
    ];
  }
}

function onPath(program: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, program));
  return places.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
