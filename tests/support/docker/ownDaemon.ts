import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { dockerEngine } from "../../../hosts/docker/engine.ts";
import { findOnPath } from "../../../toolchain/base/searchPath.ts";

/** Why this machine cannot have a second Docker daemon; undefined: it can. */
export const obstacle = obstacleHere();

/** Milliseconds a daemon has to answer, with containers to start again. */
const START_LIMIT = 60_000;

/**
 * A Docker daemon of the test's own, so that it can be restarted without disturbing anybody: own data, own socket, and a
 * network namespace in which its networks and published ports are. Needs root.
 */
export class OwnDaemon {
  readonly docker: Docker;
  /** For DOCKER_HOST. */
  readonly address: string;
  /** Runs a command in the daemon's network namespace. */
  readonly entrance: readonly string[];
  readonly #folder: string;
  readonly #namespace: ChildProcess;
  #daemon: ChildProcess | undefined;

  private constructor(folder: string, namespace: ChildProcess) {
    this.#folder = folder;
    this.#namespace = namespace;
    this.address = `unix://${join(folder, "docker.sock")}`;
    this.docker = dockerEngine(this.address);
    this.entrance = ["nsenter", `--net=/proc/${namespace.pid}/ns/net`];
  }

  static async create(): Promise<OwnDaemon> {
    const folder = await mkdtemp(join(tmpdir(), "redis-ha-daemon-"));
    // The namespace lives as long as this process, which says when its loopback is up.
    const namespace = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(namespace.stdout as NonNullable<typeof namespace.stdout>, "data");
    const own = new OwnDaemon(folder, namespace);
    await own.start();
    return own;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#folder, "log"), "a");
    const place = ["data-root", "exec-root"].map((kind) => `--${kind}=${join(this.#folder, kind)}`);
    const [program = "", ...words] = [...this.entrance, "dockerd", `--host=${this.address}`, ...place];
    const daemon = spawn(program, [...words, `--pidfile=${join(this.#folder, "pid")}`], {
      stdio: ["ignore", log, log],
    });
    this.#daemon = daemon;
    const deadline = performance.now() + START_LIMIT;
    while (!(await this.#answers())) {
      if (daemon.exitCode !== null || performance.now() > deadline) {
        const said = await readFile(join(this.#folder, "log"), "utf8");
        throw new Error(`the test's own dockerd does not answer:\n${said.slice(-2000)}`);
      }
      await delay(100);
    }
  }

  /** As a service manager does it: the daemon stops its containers first. */
  async stop(): Promise<void> {
    if (this.#daemon !== undefined && this.#daemon.exitCode === null && this.#daemon.signalCode === null) {
      const ended = once(this.#daemon, "exit");
      this.#daemon.kill("SIGTERM");
      await ended;
    }
  }

  /** Gives it an image that another daemon has. */
  async copyImage(reference: string, from: Docker): Promise<void> {
    const loading = await this.docker.loadImage(await from.getImage(reference).get());
    loading.resume();
    await once(loading, "end");
  }

  async dispose(): Promise<void> {
    await this.stop();
    this.#namespace.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      await this.docker.ping();
      return true;
    } catch {
      // Refused until it listens; the caller has the deadline and the log.
      return false;
    }
  }
}

function obstacleHere(): string | undefined {
  if (process.getuid?.() !== 0) {
    return "a Docker daemon of the test's own needs root";
  }
  const missing = ["dockerd", "unshare", "nsenter", "ip"].filter((name) => findOnPath(name, process.env) === undefined);
  return missing.length === 0 ? undefined : `a Docker daemon of the test's own needs ${missing.join(", ")}`;
}
