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

/** The reason why this machine cannot run a second Docker daemon; undefined if it can. */
export const obstacle = obstacleHere();

/** Milliseconds within which a daemon must answer, including the restart of its containers. */
const startLimit = 60_000;

/**
 * A separate Docker daemon, which a test can restart without side effects. It has its own data, its own socket, and its
 * own network namespace with its networks and published ports. Needs root.
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
    // The namespace exists as long as this process, which prints a line when the loopback device is up.
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
    const deadline = performance.now() + startLimit;
    while (!(await this.#answers())) {
      if (daemon.exitCode !== null || performance.now() > deadline) {
        const written = await readFile(join(this.#folder, "log"), "utf8");
        throw new Error(`the test's own dockerd does not answer:\n${written.slice(-2000)}`);
      }
      await delay(100);
    }
  }

  /** Stops the daemon as a service manager does. The daemon stops its containers first. */
  async stop(): Promise<void> {
    if (this.#daemon !== undefined && this.#daemon.exitCode === null && this.#daemon.signalCode === null) {
      const ended = once(this.#daemon, "exit");
      this.#daemon.kill("SIGTERM");
      await ended;
    }
  }

  /** Copies an image from another daemon. */
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
      // The daemon does not listen yet. The caller has the deadline and the log.
      return false;
    }
  }
}

function obstacleHere(): string | undefined {
  if (process.getuid?.() !== 0) {
    return "a separate Docker daemon needs root";
  }
  const missing = ["dockerd", "unshare", "nsenter", "ip"].filter((name) => findOnPath(name, process.env) === undefined);
  return missing.length === 0 ? undefined : `a separate Docker daemon needs ${missing.join(", ")}`;
}
