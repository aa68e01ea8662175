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
 * Starts the installed Docker daemon and returns when it answers. Needs root.
 *
 * @throws SetupError it does not answer within a minute
 */
export async function startDockerDaemon(endpoint: string, environment: NodeJS.ProcessEnv): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    await runQuietly("systemctl", ["start", "docker"], { environment });
    await untilItAnswers(endpoint, environment, { ending: undefined, log: "journalctl --unit docker" });
  } else {
    await startDetachedDaemon(endpoint, environment);
  }
}

/**
 * Starts it as a process of its own that outlives this command and its terminal, with a log in the user's cache.
 *
 * @param pidFolder where daemons note their processes
 * @throws SetupError it does not answer within a minute
 */
export async function startDetachedDaemon(
  endpoint: string,
  environment: NodeJS.ProcessEnv,
  pidFolder = "/var/run",
): Promise<void> {
  await removeStalePidFiles(pidFolder);
  const start: Start = { ending: undefined, log: join(await cacheFolder(environment), "dockerd.log") };
  // The installation of the package may have started it a moment ago.
  if (!existsSync(join(pidFolder, "docker.pid"))) {
    const output = openSync(start.log, "w");
    const daemon = spawn("dockerd", [], { env: environment, detached: true, stdio: ["ignore", output, output] });
    daemon.once("error", (error) => {
      start.ending = error.message;
    });
    daemon.once("exit", (code, signal) => {
      start.ending = `it ended with ${signal ?? `exit code ${code}`}`;
    });
    daemon.unref();
  }
  await untilItAnswers(endpoint, environment, start);
}

/** A daemon on its way up. */
interface Start {
  /** How it ended, if it has. */
  ending: string | undefined;
  /** Where it says what it does: a file, or the command that shows it. */
  readonly log: string;
}

/** Milliseconds a daemon may take until it answers. */
const startTimeout = 60_000;

async function untilItAnswers(endpoint: string, environment: NodeJS.ProcessEnv, start: Start): Promise<void> {
  let reason: string | undefined;
  const failure = () => {
    const log = existsSync(start.log) ? readFileSync(start.log, "utf8") : "";
    const lastLines = log.trimEnd().split("\n").slice(-12).join("\n");
    return new SetupError(
      `the Docker daemon does not come up: ${start.ending ?? reason}`,
      `it may say why in its log, ${start.log}\n${lastLines}`.trimEnd(),
    );
  };
  const answers = async () => {
    reason = await whyUnreachable(endpoint, environment);
    if (reason !== undefined && start.ending !== undefined) {
      throw failure();
    }
    return reason === undefined;
  };
  await until(answers, { timeout: startTimeout, interval: 200, failure });
}

/** The files in which daemons note their process, and what that process is called. */
const pidFiles: Readonly<Record<string, string>> = {
  "docker.pid": "dockerd",
  "docker/containerd/containerd.pid": "containerd",
};

/**
 * After a crash or a reboot the noted number may be another program's; dockerd would then believe that it runs already.
 */
async function removeStalePidFiles(folder: string): Promise<void> {
  for (const [name, program] of Object.entries(pidFiles)) {
    const file = join(folder, name);
    if (existsSync(file) && (await runningProgram((await readFile(file, "utf8")).trim())) !== program) {
      await rm(file, { force: true });
    }
  }
}

/** The name of a process that runs; undefined: there is none, or only what a killed one leaves until it is reaped. */
async function runningProgram(processId: string): Promise<string | undefined> {
  // Where there is no such file there is no such process.
  const status = await readFile(`/proc/${processId}/status`, "utf8").catch(() => "");
  return /^State:\s*[ZX]/m.test(status) ? undefined : status.match(/^Name:\s*(.*)$/m)?.[1];
}
