import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, vi } from "vitest";
import {
  type NodeFiles,
  type Paths,
  redisFiles,
  redisSecretFiles,
  sentinelFiles,
  sentinelSecretFiles,
} from "../../../configs/render.ts";
import { pairFields, pairFieldsList } from "../../../redis/replies.ts";
import type { DataNodePlan, NodePlan, RedisParameters, SentinelPlan, Topology } from "../../../topology/topology.ts";
import { plannedSet } from "../unit/plannedSet.ts";
import { redisBinary } from "./loopbackSet.ts";

/** The shells that run the scripts. Each one has only the programs of its own system. */
export const shells = ["dash", "busybox"] as const;
export type Shell = (typeof shells)[number];

export interface ScriptedSetOptions {
  readonly shell: Shell;
  readonly password?: string;
  readonly dataNodes?: number;
  readonly sentinels?: number;
  readonly redis?: Partial<RedisParameters>;
  /** Milliseconds. @default DOWN_AFTER */
  readonly downAfter?: number;
  /** Milliseconds. @default 3000 */
  readonly failoverTimeout?: number;
}

/** The outcome of a script that has ended. */
export interface RunToEnd {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Milliseconds after which Sentinel marks a silent node as down. */
export const defaultDownAfter = 2000;

/** Every node has this address and its own port. */
const address = "127.0.40.1";

/**
 * A set of real processes. Each is started by its start script, with the files that a container would get. Addresses
 * are on the loopback device, and directories are temporary.
 */
export class ScriptedSet {
  readonly topology: Topology;
  /** The password of the nodes, and of the test's connections to them. */
  password: string;
  readonly #shell: Shell;
  readonly #processes = new Map<string, ChildProcess>();
  /** The path of each node's log since its last start. */
  readonly #logs = new Map<string, string>();
  #starts = 0;
  #root = "";

  /** @param firstPort the first of 20 unused ports */
  constructor(firstPort: number, options: ScriptedSetOptions) {
    this.topology = topologyOf(firstPort, options);
    this.password = options.password ?? "correct-horse-battery";
    this.#shell = options.shell;
  }

  /** Writes the files of every node, and starts none. */
  async prepare(): Promise<this> {
    this.#root = await mkdtemp(join(tmpdir(), "redis-ha-roles-"));
    await this.#installPrograms();
    for (const node of this.#nodes()) {
      await this.configure(node, this.topology);
    }
    return this;
  }

  /** Gives a node the files of another plan or another password, as an update does. */
  async configure(node: NodePlan, topology: Topology, password = this.password): Promise<void> {
    const paths = this.#paths(node);
    for (const directory of Object.values(paths)) {
      await mkdir(directory, { recursive: true });
    }
    const secrets = isDataNode(node)
      ? redisSecretFiles(password, paths)
      : sentinelSecretFiles(topology, password, paths);
    for (const [path, content] of Object.entries({ ...this.#files(node, topology).files, ...secrets })) {
      // A test's process must not listen on all addresses. A container may, since it has its own address.
      const bind = path.endsWith("/sentinel.conf") ? `bind ${address} 127.0.0.1\n` : "";
      await writeFile(path, content + bind);
    }
  }

  /** Runs the node's start script. */
  start(...nodes: readonly NodePlan[]): void {
    for (const node of nodes) {
      const { command } = this.#files(node, this.topology);
      // A log file is complete as soon as the process has ended. A pipe may still have unread lines then.
      this.#starts += 1;
      const log = join(this.#root, `${node.name}-${this.#starts}.log`);
      const output = openSync(log, "a");
      const child = spawn(command[0] ?? "", command.slice(1), {
        env: { PATH: this.#path() },
        cwd: this.#root,
        stdio: ["ignore", output, output],
        detached: true,
      });
      closeSync(output);
      this.#processes.set(node.name, child);
      this.#logs.set(node.name, log);
    }
  }

  startAll(): void {
    this.start(...this.#nodes());
  }

  /** The output of the node since its last start. */
  log(node: NodePlan): string {
    const log = this.#logs.get(node.name);
    return log === undefined ? "" : readFileSync(log, "utf8");
  }

  /** The messages of the start script, without those of Redis, since the node's last start. */
  said(node: NodePlan): string[] {
    return [...this.log(node).matchAll(/^redis-ha: (.*)$/gm)].map(([, words]) => words ?? "");
  }

  /** Ends processes as a power failure does, or with the given signal. */
  async stop(nodes: readonly NodePlan[] = this.#nodes(), signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = nodes.map(({ name }) => this.#processes.get(name)).filter(isRunning);
    await Promise.all(
      running.map((child) => {
        const exited = once(child, "exit");
        // A container engine signals only the first process. A power failure also ends its children, such as the
        // process that rewrites the append-only file.
        process.kill(signal === "SIGKILL" ? -(child.pid as number) : (child.pid as number), signal);
        return exited;
      }),
    );
  }

  /** Waits until the node's process has ended, and returns its exit code. */
  async exitCode(node: NodePlan): Promise<number | null> {
    const child = this.#processes.get(node.name);
    if (isRunning(child)) {
      await once(child, "exit");
    }
    return child?.exitCode ?? null;
  }

  async loseVolume(node: NodePlan): Promise<void> {
    await rm(this.#paths(node).data, { recursive: true });
    await mkdir(this.#paths(node).data);
  }

  /** The path of a file on the node's volume. */
  file(node: NodePlan, name: string): string {
    return join(this.#paths(node).data, name);
  }

  secretFile(node: NodePlan, name: string): string {
    return join(this.#paths(node).secrets, name);
  }

  readFile(node: NodePlan, name: string): Promise<string> {
    return readFile(this.file(node, name), "utf8");
  }

  writeFile(node: NodePlan, name: string, content: string): Promise<void> {
    return writeFile(this.file(node, name), content);
  }

  /** Sends a command on a new connection. */
  async call(node: NodePlan, ...[command, ...rest]: readonly [string, ...string[]]): Promise<unknown> {
    const client = new Redis({
      ...node.endpoint,
      password: this.password,
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
    });
    // The failed call reports an error. Without a listener, ioredis would print it too.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.call(command, ...rest);
    } finally {
      client.disconnect();
    }
  }

  /** `master`, or `replica of <name>`, with `, in sync` if the replica is in sync. */
  async role(node: NodePlan): Promise<string> {
    const [role, host, port, link] = (await this.call(node, "ROLE")) as [string, string, number, string];
    if (role === "master") {
      return role;
    }
    const master = this.topology.dataNodes.find(({ endpoint }) => endpoint.host === host && endpoint.port === port);
    return `replica of ${master?.name ?? `${host}:${port}`}${link === "connected" ? ", in sync" : ""}`;
  }

  /** The name of the data node that a Sentinel names as the master. */
  async named(sentinel: SentinelPlan): Promise<string | undefined> {
    const answer = await this.call(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.topology.masterName);
    const port = Number((answer as string[])[1]);
    return this.topology.dataNodes.find(({ endpoint }) => endpoint.port === port)?.name;
  }

  /** The fields that a Sentinel reports about the master. */
  async view(sentinel: SentinelPlan): Promise<Record<string, string>> {
    return Object.fromEntries(pairFields(await this.call(sentinel, "SENTINEL", "MASTER", this.topology.masterName)));
  }

  /** Waits until one data node is the master and all others are in sync with it. Returns the master. */
  async inSync(): Promise<DataNodePlan> {
    return eventually(async () => {
      const { dataNodes } = this.topology;
      // PING is refused while a node loads its data, ROLE is not.
      await Promise.all(dataNodes.map((node) => this.call(node, "PING")));
      const roles = await Promise.all(dataNodes.map((node) => this.role(node)));
      const master = dataNodes[roles.indexOf("master")];
      const expected = dataNodes.map((node) => (node === master ? "master" : `replica of ${master?.name}, in sync`));
      expect(roles).toEqual(expected);
      return master as DataNodePlan;
    });
  }

  /** Waits until the set is healthy: every probe passes and every Sentinel knows every replica. Returns the master. */
  async healthy(): Promise<DataNodePlan> {
    const master = await this.inSync();
    await eventually(async () => {
      for (const sentinel of this.topology.sentinels) {
        const { "num-slaves": replicas } = await this.view(sentinel);
        expect([await this.named(sentinel), replicas]).toEqual([
          master.name,
          String(this.topology.dataNodes.length - 1),
        ]);
      }
      expect(await Promise.all(this.#nodes().map((node) => this.probe(node)))).toEqual(
        this.#nodes().map(() => expect.objectContaining({ exitCode: 0 })),
      );
    });
    return master;
  }

  /**
   * Waits until the set is healthy, no Sentinel is busy with a failover, and every Sentinel knows that every replica
   * may be promoted. Returns the master. After a failover all Sentinels name the new master, but their leader still
   * moves replicas for a while.
   */
  async readyForFailover(): Promise<DataNodePlan> {
    const master = await this.healthy();
    await this.prioritiesAre(() => 100);
    await eventually(async () => {
      const views = await Promise.all(this.topology.sentinels.map((sentinel) => this.view(sentinel)));
      expect(views.map(({ flags }) => flags)).toEqual(views.map(() => "master"));
    });
    return master;
  }

  /** Waits until every Sentinel reports the expected priority of every replica. */
  async prioritiesAre(expected: (node: DataNodePlan) => number): Promise<void> {
    await eventually(async () => {
      for (const sentinel of this.topology.sentinels) {
        const reply = await this.call(sentinel, "SENTINEL", "REPLICAS", this.topology.masterName);
        for (const replica of pairFieldsList(reply)) {
          const node = this.topology.dataNodes.find(({ endpoint }) => String(endpoint.port) === replica.get("port"));
          expect(replica.get("slave-priority")).toBe(String(expected(node as DataNodePlan)));
        }
      }
    });
  }

  /** Waits until the node's append-only file is complete. A replica rewrites it after each full synchronization. */
  async rewriteEnded(node: DataNodePlan): Promise<void> {
    await eventually(async () =>
      expect(await this.call(node, "INFO", "persistence")).toMatch(
        /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/,
      ),
    );
  }

  /** Kills the master, waits until all Sentinels name the same other node, and returns that node. */
  async failOver(master: DataNodePlan): Promise<DataNodePlan> {
    await this.stop([master]);
    return eventually(async () => {
      const named = await Promise.all(this.topology.sentinels.map((sentinel) => this.named(sentinel)));
      const promoted = this.topology.dataNodes.find(({ name }) => name === named[0]) as DataNodePlan;
      expect(promoted).not.toBe(master);
      expect(named).toEqual(named.map(() => promoted.name));
      expect(await this.role(promoted)).toBe("master");
      return promoted;
    });
  }

  /** Waits until the start script has logged a message with these words. */
  async hasSaid(node: NodePlan, words: string): Promise<void> {
    await eventually(() => expect(this.said(node)).toContainEqual(expect.stringContaining(words)));
  }

  /** Runs a node's probe as a container engine does. */
  async probe(node: NodePlan): Promise<RunToEnd> {
    return this.#runToEnd(this.#files(node, this.topology).probe);
  }

  /**
   * Runs a planned switchover on a node, as an operator does.
   *
   * @param endAfter when it resolves, the script receives SIGTERM
   */
  async handOver(node: NodePlan, { endAfter }: { readonly endAfter?: Promise<void> } = {}): Promise<RunToEnd> {
    return this.#runToEnd(["sh", join(this.#paths(node).configuration, "switchover.sh")], endAfter);
  }

  async #runToEnd(command: readonly string[], endAfter?: Promise<void>): Promise<RunToEnd> {
    const child = spawn(command[0] ?? "", command.slice(1), {
      env: { PATH: this.#path() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    void endAfter?.then(() => child.kill("SIGTERM"));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => (output += String(chunk)));
    }
    const [exitCode] = (await once(child, "close")) as [number | null];
    return { exitCode, output: output.trim() };
  }

  /** The path where the scripts first look for a program. */
  program(name: string): string {
    return join(this.#root, "programs", name);
  }

  processId(node: NodePlan): number | undefined {
    return this.#processes.get(node.name)?.pid;
  }

  /**
   * The process that listens on the node's port. A Sentinel's script becomes it, a data node's script is its parent.
   */
  serverId(node: NodePlan): number {
    const server = () => this.#child(node, (id) => readFileSync(`/proc/${id}/comm`, "utf8") === "redis-server\n");
    return isDataNode(node) ? (server() as number) : (this.processId(node) as number);
  }

  /** The process of a script that runs beside the node's server; undefined if there is none. */
  companionId(node: DataNodePlan, script: string): number | undefined {
    return this.#child(node, (id) => readFileSync(`/proc/${id}/cmdline`, "utf8").includes(`/${script}\0`));
  }

  #child(node: NodePlan, isWanted: (id: number) => boolean): number | undefined {
    const id = this.processId(node) as number;
    const children = readFileSync(`/proc/${id}/task/${id}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return children.find(isWanted);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  #nodes(): readonly NodePlan[] {
    return [...this.topology.dataNodes, ...this.topology.sentinels];
  }

  #paths(node: NodePlan): Paths {
    const home = join(this.#root, node.name);
    return { configuration: join(home, "configuration"), secrets: join(home, "secrets"), data: join(home, "data") };
  }

  #files(node: NodePlan, topology: Topology): NodeFiles {
    const paths = this.#paths(node);
    return isDataNode(node) ? redisFiles(topology, node, paths) : sentinelFiles(topology, node as SentinelPlan, paths);
  }

  #path(): string {
    const programs = join(this.#root, "programs");
    return this.#shell === "busybox" ? programs : `${programs}:/usr/bin:/bin`;
  }

  /** Installs redis-server and redis-sentinel. For busybox, installs its own tools and no others. */
  async #installPrograms(): Promise<void> {
    const programs = join(this.#root, "programs");
    await mkdir(programs);
    for (const name of ["redis-server", "redis-sentinel"]) {
      await symlink(redisBinary ?? name, join(programs, name));
    }
    if (this.#shell === "busybox") {
      await symlink("/usr/bin/redis-cli", join(programs, "redis-cli"));
      await once(spawn("busybox", ["--install", "-s", programs], { stdio: "ignore" }), "exit");
    } else {
      await symlink("/bin/dash", join(programs, "sh"));
    }
  }
}

/** Waits until the condition no longer throws. After the timeout, throws the last error of the condition. */
export function eventually<Value>(condition: () => Promise<Value> | Value, timeout = 20_000): Promise<Value> {
  return vi.waitFor(condition, { timeout, interval: 20 });
}

function topologyOf(
  firstPort: number,
  {
    dataNodes = 3,
    sentinels = 3,
    redis = {},
    downAfter = defaultDownAfter,
    failoverTimeout = 3000,
  }: ScriptedSetOptions,
): Topology {
  const places = (first: number) => (ordinal: number) => ({
    endpoint: { host: address, port: first + ordinal },
    published: { host: address, port: first + ordinal },
  });
  const set = plannedSet({ dataNode: places(firstPort), sentinel: places(firstPort + 10) });
  return {
    ...set,
    dataNodes: set.dataNodes.slice(0, dataNodes),
    sentinels: set.sentinels.slice(0, sentinels),
    sentinelRules: { quorum: 2, downAfter, failoverTimeout, parallelSyncs: 1 },
    redisRules: {
      ...set.redisRules,
      minReplicasToWrite: 0,
      ...redis,
      directives: { bind: [address, "127.0.0.1"], ...redis.directives },
    },
  };
}

function isDataNode(node: NodePlan): node is DataNodePlan {
  return "priority" in node;
}

function isRunning(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}
