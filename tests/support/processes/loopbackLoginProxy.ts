import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSignedCertificate } from "../../../components/parts/selfSignedCertificate.ts";
import { certificateFile, loginProxyFiles, loginProxySecretFiles } from "../../../configs/loginProxy.ts";
import type { Endpoint, GuardedPlan, Topology } from "../../../topology/topology.ts";
import { plannedSet } from "../unit/plannedSet.ts";
import { eventually } from "./scriptedSet.ts";

const host = "127.0.0.1";

const guard = join(import.meta.dirname, "../../../configs/scripts/accept-login-proxy-only.cjs");

/** A server that answers every request with its method, its path, and its login or "no login". */
const echo = `require("node:http").createServer((request, response) => response.end(
  [request.method, request.url, request.headers.authorization ?? "no login"].join(" ")
)).listen(Number(process.argv[1]), "${host}")`;

/** A real HAProxy in front of two servers that replace exporter and Redis Commander, and require its certificate. */
export class LoopbackLoginProxy {
  readonly exporter: GuardedPlan;
  readonly commander: GuardedPlan;
  readonly #topology: Topology;
  readonly #directory: string;
  readonly #processes: ChildProcess[] = [];

  private constructor(directory: string, [exporter, metrics, commander, page, health]: readonly number[]) {
    this.#directory = directory;
    this.exporter = guarded("exporter", exporter, metrics);
    this.commander = guarded("commander", commander, page);
    const loginProxy = { name: "login-proxy", ...listener(health), size };
    this.#topology = {
      ...plannedSet(),
      exporter: this.exporter,
      commander: { ...this.commander, readOnly: false },
      loginProxy,
    };
  }

  /** Starts all three processes, and resolves when the proxy reaches both servers. */
  static async start(): Promise<LoopbackLoginProxy> {
    const directory = await mkdtemp(join(tmpdir(), "redis-ha-login-proxy-"));
    const proxy = new LoopbackLoginProxy(directory, await freePorts(5));
    await proxy.#start();
    return proxy;
  }

  /** Sends a request through the proxy. `password` is the password of the part's user. */
  get(part: GuardedPlan, path: string, password?: string, options: RequestInit = {}): Promise<Response> {
    const login = Buffer.from(`${part.user}:${password}`).toString("base64");
    const headers = { ...options.headers, ...(password === undefined ? {} : { authorization: `Basic ${login}` }) };
    return fetch(`http://${host}:${part.access.endpoint.port}${path}`, { ...options, headers });
  }

  /** True if none of the processes has ended since its start. */
  get allRun(): boolean {
    return this.#processes.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  }

  async stop(): Promise<void> {
    const running = this.#processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ends = running.map((child) => once(child, "exit"));
    for (const child of running) {
      child.kill("SIGKILL");
    }
    await Promise.all(ends);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const paths = { configuration: this.#directory, secrets: this.#directory, data: this.#directory };
    const { loginProxy } = this.#topology;
    if (loginProxy === undefined) {
      throw new Error("the planned set must have a login proxy");
    }
    const { files, command } = loginProxyFiles(this.#topology, loginProxy, paths);
    const secrets = loginProxySecretFiles(
      this.#topology,
      {
        certificate: selfSignedCertificate("sample"),
        exporterPassword: "of-exporter",
        commanderPassword: "of-commander",
      },
      paths,
    );
    for (const [path, content] of Object.entries({ ...files, ...secrets })) {
      // A test's process must not listen on all addresses, nor on a fixed port.
      const local = content.replaceAll("bind *:", `bind ${host}:`).replace(":8405", `:${loginProxy.endpoint.port}`);
      await writeFile(path, local);
    }
    const environment = { ...process.env, LOGIN_PROXY_CERTIFICATE: certificateFile(paths) };
    for (const { endpoint } of [this.exporter, this.commander]) {
      this.#run(process.execPath, ["--require", guard, "-e", echo, String(endpoint.port)], environment);
    }
    const [program = "", ...options] = command;
    this.#run(program, options, process.env);
    await eventually(async () => {
      for (const part of [this.exporter, this.commander]) {
        const { status } = await this.get(part, part === this.exporter ? "/metrics" : "/", `of-${part.name}`);
        if (status !== 200) {
          throw new Error(`${part.name} answers ${status}`);
        }
      }
    });
  }

  #run(program: string, options: readonly string[], env: NodeJS.ProcessEnv): void {
    this.#processes.push(spawn(program, options, { stdio: "ignore", env }));
  }
}

const size = { cpus: 1, memory: 1, disk: 0 };

function listener(port = 0): { readonly endpoint: Endpoint; readonly published: Endpoint } {
  return { endpoint: { host, port }, published: { host, port } };
}

function guarded(name: string, port: number | undefined, access: number | undefined): GuardedPlan {
  return { name, ...listener(port), size, access: listener(access), user: `user-of-${name}` };
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createTcpServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
