import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import { gatewayFiles, gatewaySecretFiles } from "../../../configs/haproxy.ts";
import type { Paths } from "../../../configs/render.ts";
import type { LedgerClient } from "../../../drills/ledger/ledgerClient.ts";
import type { DataNodePlan, GatewayPlan, Listener } from "../../../topology/topology.ts";
import type { ScriptedSet } from "./scriptedSet.ts";

export const hasHaproxy = spawnSync("haproxy", ["-v"]).error === undefined;

export const statisticsPassword = "look-but-do-not-touch";

/** A real HAProxy in front of a scripted set, with the files and the command that a container would get. */
export class LoopbackGateway {
  readonly plan: GatewayPlan;
  readonly #set: ScriptedSet;
  readonly #clients: Redis[] = [];
  #process: ChildProcess | undefined;
  #directory = "";

  constructor(set: ScriptedSet) {
    this.#set = set;
    const { host = "", port = 0 } = set.topology.dataNodes[0]?.endpoint ?? {};
    // The nodes of the set use only the first 15 of its 20 ports.
    this.plan = gatewayAt(host, port + 15);
  }

  /** Writes the files and starts HAProxy, without waiting until it serves. */
  async start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), "redis-ha-gateway-"));
    const { files } = this.#files();
    const secrets = gatewaySecretFiles(this.plan, this.#set.password, statisticsPassword, this.#paths());
    for (const [path, content] of Object.entries({ ...files, ...secrets })) {
      // A test's process must not listen on all addresses. A container may, since it has its own address.
      await writeFile(path, content.replaceAll(/bind \*:(\d+)/g, `bind ${this.plan.endpoint.host}:$1,127.0.0.1:$1`));
    }
    const [program = "", ...options] = this.#files().command;
    this.#process = spawn(program, options, { stdio: "ignore" });
  }

  /** HAProxy's own check of the files. */
  async checkConfiguration(): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    const [program = "", ...options] = this.#files().command;
    const { status, stdout, stderr } = spawnSync(program, ["-c", ...options], { encoding: "utf8" });
    return { exitCode: status, output: `${stdout}${stderr}`.replace("Configuration file is valid\n", "") };
  }

  /** Requests a page of the statistics port. `login` is `user:password`. */
  get(path: string, login?: string): Promise<Response> {
    const { host, port } = this.plan.statistics.endpoint;
    const headers: Record<string, string> =
      login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
    return fetch(`http://${host}:${port}${path}`, { headers });
  }

  /** The servers of a backend that are up according to the metrics. */
  async up(backend: string): Promise<readonly string[]> {
    const metrics = await (await this.get("/metrics")).text();
    const states = metrics.matchAll(/^haproxy_server_status\{proxy="([^"]+)",server="([^"]+)",state="([^"]+)"\} 1$/gm);
    return [...states].flatMap(([, proxy, server = "", state = ""]) =>
      proxy === backend && /^(UP|no check)$/.test(state) ? [server] : [],
    );
  }

  /** A client without Sentinel support and with the library's default options. `stop` closes it. */
  client(listener: Listener = this.plan, options: Omit<RedisOptions, "replyMapping"> = {}): Redis {
    const client = new Redis({ ...listener.endpoint, password: this.#set.password, ...options });
    client.on("error", () => undefined);
    this.#clients.push(client);
    return client;
  }

  /** The name of the node that a new connection reaches. */
  async ask(listener: Listener, limit = 1000): Promise<string> {
    const client = this.client(listener, { maxRetriesPerRequest: 0, commandTimeout: limit, retryStrategy: () => null });
    try {
      return this.#nameOf(await client.config("GET", "port"));
    } finally {
      client.disconnect();
    }
  }

  /** A writer of a ledger. It calls `answered` with the name of the node that acknowledged a write. */
  writer(answered: (node: string) => void): LedgerClient {
    const redis = this.client();
    return {
      write: async ({ key, field }) => {
        const replies = await redis.multi().hset(key, field, "").config("GET", "port").exec();
        const [written, port] = replies ?? [];
        if (written === undefined || written[0] !== null) {
          throw written?.[0] ?? new Error("the transaction was discarded");
        }
        answered(this.#nameOf(port?.[1]));
      },
      close: () => redis.disconnect(),
    };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) {
      client.disconnect();
    }
    const running = this.#process;
    this.#process = undefined;
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      const exited = once(running, "exit");
      running.kill("SIGTERM");
      await exited;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  #files() {
    return gatewayFiles(this.#set.topology, this.plan, this.#paths());
  }

  #paths(): Paths {
    return { configuration: this.#directory, secrets: this.#directory, data: this.#directory };
  }

  /** The reply is a list in protocol 2 and a map in protocol 3. */
  #nameOf(reply: unknown): string {
    const [, port] = Array.isArray(reply) ? (reply as string[]) : (Object.entries(reply ?? {})[0] ?? []);
    const node = this.#set.topology.dataNodes.find(({ endpoint }) => String(endpoint.port) === port);
    return (node as DataNodePlan).name;
  }
}

function gatewayAt(host: string, firstPort: number): GatewayPlan {
  const listener = (port: number): Listener => ({ endpoint: { host, port }, published: { host, port } });
  return {
    name: `gateway-${firstPort}`,
    ordinal: 0,
    size: { cpus: 1, memory: 64 * 1024 * 1024, disk: 0 },
    ...listener(firstPort),
    reads: listener(firstPort + 1),
    statistics: listener(firstPort + 2),
    user: "operator",
    connections: 256,
  };
}
