import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../base/cache.mjs";
import { runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { until } from "../base/until.ts";
import { whyUnreachable } from "./dockerEndpoint.ts";

/**
 * Starts the installed Docker daemon and waits until it answers. Needs root.
 *
 * @throws SetupError if the daemon exits or does not answer within a minute
 */
export async function startDockerDaemon(endpoint: string, environment: NodeJS.ProcessEnv): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    await runQuietly("systemctl", ["start", "docker"], { environment });
    await untilReachable(endpoint, environment, { ending: undefined, log: "journalctl --unit docker" });
  } else {
    await startDetachedDaemon(endpoint, environment);
  }
}

/**
 * Starts the daemon as a detached process that keeps running after this command and its terminal have ended. The log
 * of the daemon is in the user's cache.
 *
 * @param pidFolder the folder of the daemons' pid files
 * @throws SetupError if the daemon exits or does not answer within a minute
 */
export async function startDetachedDaemon(
  endpoint: string,
  environment: NodeJS.ProcessEnv,
  pidFolder = "/var/run",
): Promise<void> {
  await removeStalePidFiles(pidFolder);
  const start: Start = { ending: undefined, log: join(await cacheFolder(environment), "dockerd.log") };
  // The installation of the package may have just started the daemon.
  if (!existsSync(join(pidFolder, "docker.pid"))) {
    const output = openSync(start.log, "w");
    const daemon = spawn("dockerd", [], { env: environment, detached: true, stdio: ["ignore", output, output] });
    daemon.once("error", (error) => {
      start.ending = error.message;
    });
    daemon.once("exit", (code, signal) => {
      start.ending = `dockerd ended with ${signal ?? `exit code ${code}`}`;
    });
    daemon.unref();
  }
  await untilReachable(endpoint, environment, start);
}

/** A daemon that is starting. */
interface Start {
  /** Why the daemon ended; undefined while it runs. */
  ending: string | undefined;
  /** The path of the daemon's log, or the command that shows the log. */
  readonly log: string;
}

/** Milliseconds within which a daemon must answer. */
const startTimeout = 60_000;

async function untilReachable(endpoint: string, environment: NodeJS.ProcessEnv, start: Start): Promise<void> {
  let reason: string | undefined;
  const failure = () => {
    const log = existsSync(start.log) ? readFileSync(start.log, "utf8") : "";
    const lastLines = log.trimEnd().split("\n").slice(-12).join("\n");
    return new SetupError(
      `the Docker daemon did not start: ${start.ending ?? reason}`,
      `see its log, ${start.log}\n${lastLines}`.trimEnd(),
    );
  };
  const isReachable = async () => {
    reason = await whyUnreachable(endpoint, environment);
    if (reason !== undefined && start.ending !== undefined) {
      throw failure();
    }
    return reason === undefined;
  };
  await until(isReachable, { timeout: startTimeout, interval: 200, failure });
}

/** The pid files of the daemons, each with the name of its program. */
const pidFiles: Readonly<Record<string, string>> = {
  "docker.pid": "dockerd",
  "docker/containerd/containerd.pid": "containerd",
};

/**
 * Removes pid files that name no running daemon. After a crash or a reboot another program may have the process id in
 * the file. dockerd would then assume that it is already running.
 */
async function removeStalePidFiles(folder: string): Promise<void> {
  for (const [name, program] of Object.entries(pidFiles)) {
    const file = join(folder, name);
    if (existsSync(file) && (await runningProgram((await readFile(file, "utf8")).trim())) !== program) {
      await rm(file, { force: true });
    }
  }
}

/** Returns the name of a running process; undefined if there is no such process, or only a zombie. */
async function runningProgram(processId: string): Promise<string | undefined> {
  // Without this file the process does not exist.
  const status = await readFile(`/proc/${processId}/status`, "utf8").catch(() => "");
  return /^State:\s*[ZX]/m.test(status) ? undefined : status.match(/^Name:\s*(.*)$/m)?.[1];
}
