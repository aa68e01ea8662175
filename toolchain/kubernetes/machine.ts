import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { until } from "../base/until.ts";
import { createCgroups, removeCgroups } from "./cgroups.ts";
import { diskOf, logOf, type Machine, type Node, type Place, settingsOf } from "./place.ts";
import { childrenOf, identify, stillRunning } from "./processes.ts";

/*
 * A machine is a set of Linux namespaces: network, mounts, processes, host name. When its first process ends, the
 * kernel ends all of its processes and removes its mounts and interfaces. Its disk is a folder on the host, which
 * stays.
 */

/**
 * Starts a machine. Its disk keeps the content of the previous run, or is empty in the first run.
 *
 * @param programs the folder on the host that is mounted as /var/cluster/bin
 * @throws SetupError if the machine does not boot
 */
export async function startMachine(place: Place, machine: Machine, programs: string): Promise<void> {
  await prepareDisk(place, machine);
  await createCgroups(cgroupOf(place, machine));
  const log = await openLog(place, machine, "boot");
  const namespaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const boot = ["sh", join(import.meta.dirname, "boot.sh"), machine, diskOf(place, machine), programs];
  const parent = spawn("unshare", [...namespaces, ...boot, cgroupOf(place, machine)], {
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
  });
  closeSync(log);
  parent.unref();
  await booted(parent, place, machine);
  const [first] = childrenOf(parent.pid ?? 0);
  const identity = first === undefined ? undefined : identify(first);
  if (identity === undefined) {
    throw failure(place, machine, "boot", `${machine} ended immediately after its start`);
  }
  await writeFile(identityFile(place, machine), identity);
}

/** @returns the process id of a machine's first process; undefined if the machine does not run */
export function processOf(place: Place, machine: Machine): number | undefined {
  const file = identityFile(place, machine);
  return existsSync(file) ? stillRunning(readFileSync(file, "utf8")) : undefined;
}

/** Returns all machines that have a disk, whether they run or not. */
export function machinesOf(place: Place): readonly Machine[] {
  const folder = join(place.folder, "machines");
  return existsSync(folder) ? (readdirSync(folder).toSorted() as Machine[]) : [];
}

/** Returns all nodes that have a disk, whether they run or not. */
export function nodesOf(place: Place): readonly Node[] {
  return machinesOf(place).filter((machine): machine is Node => machine.startsWith("node-"));
}

/** Kills all processes of a machine. Keeps its disk. */
export async function stopMachine(place: Place, machine: Machine): Promise<void> {
  const first = processOf(place, machine);
  if (first !== undefined) {
    process.kill(first, "SIGKILL");
    await until(() => processOf(place, machine) === undefined, {
      timeout: 10_000,
      despiteInterruption: true,
      failure: () => new Error(`${machine} does not end`),
    });
  }
  await rm(identityFile(place, machine), { force: true });
  await removeCgroups(cgroupOf(place, machine));
}

/** Returns a command line that runs the given command line inside a machine. */
export function inside(place: Place, machine: Machine, ...commandLine: readonly string[]): [string, ...string[]] {
  const namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--wd=/"];
  return ["nsenter", "--target", String(mustRun(place, machine)), ...namespaces, "--", ...commandLine];
}

/**
 * @returns the process id of a machine's first process
 * @throws SetupError if the machine or the whole cluster does not run
 */
export function mustRun(place: Place, machine: Machine): number {
  const first = processOf(place, machine);
  if (first !== undefined) {
    return first;
  }
  const cluster = `npm run cluster -- ${place.name === "local" ? "" : `--name ${place.name} `}`;
  throw processOf(place, "switch") === undefined
    ? new SetupError(`the cluster ${place.name} does not run`, `start it: ${cluster}up`)
    : new SetupError(`${machine} does not run`, `start it: ${cluster}start-node ${machine}`);
}

/** Runs a program in a machine as a service, with a log. The program is restarted whenever it ends. */
export async function startService(
  place: Place,
  machine: Machine,
  name: string,
  commandLine: readonly string[],
): Promise<void> {
  const log = await openLog(place, machine, name);
  // Passed as text, since a machine cannot read every file of the host.
  const script = await readFile(join(import.meta.dirname, "service.sh"), "utf8");
  const environment = ["env", "-i", `PATH=${servicePath}`, "HOME=/root"];
  const supervisor = ["sh", "-c", script, "service.sh", cgroupOf(place, machine)];
  const [command, ...rest] = inside(place, machine, ...environment, ...supervisor, ...commandLine);
  spawn(command, rest, { detached: true, stdio: ["ignore", log, log] }).unref();
  closeSync(log);
}

const servicePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Configures interfaces and routes on the host or in the network of a machine.
 *
 * @param lines commands for `ip -batch`
 * @param machine the process id of the machine's first process; undefined for the host
 */
export async function configureNetwork(lines: readonly string[], machine?: number): Promise<void> {
  const where = machine === undefined ? [] : ["nsenter", "--target", String(machine), "--net", "--"];
  const feed = 'lines=$1; shift; printf "%s\\n" "$lines" | "$@"';
  await runQuietly("sh", ["-c", feed, "ip", lines.join("\n"), ...where, "ip", "-batch", "-"]);
}

/** Returns an error that contains the last lines of a service's log. */
export function failure(place: Place, machine: Machine, service: string, what: string): SetupError {
  const log = logOf(place, machine, service);
  const lastLines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-12) : [];
  return new SetupError(what, [`see its log, ${log}`, ...lastLines].join("\n"));
}

async function prepareDisk(place: Place, machine: Machine): Promise<void> {
  const disk = diskOf(place, machine);
  const settings = settingsOf(place, machine);
  for (const folder of [join(settings, "bin"), join(disk, "lib"), join(disk, "log"), join(disk, "tmp")]) {
    await mkdir(folder, { recursive: true });
  }
  if (!existsSync(join(settings, "machine-id"))) {
    await symlink("/run", join(disk, "run"));
    await writeFile(join(settings, "machine-id"), `${randomUUID().replaceAll("-", "")}\n`);
  }
}

/** Resolves when boot.sh has reported that the machine has booted. */
function booted(parent: ReturnType<typeof spawn>, place: Place, machine: Machine): Promise<void> {
  const message = parent.stdio[3] as Readable;
  return new Promise((resolve, reject) => {
    message.once("data", () => {
      message.destroy();
      resolve();
    });
    parent.once("error", reject);
    parent.once("exit", () => reject(failure(place, machine, "boot", `${machine} did not start`)));
  });
}

async function openLog(place: Place, machine: Machine, service: string): Promise<number> {
  const file = logOf(place, machine, service);
  await mkdir(dirname(file), { recursive: true });
  return openSync(file, "a");
}

function cgroupOf(place: Place, machine: Machine): string {
  return `${place.cgroup}/${machine}`;
}

function identityFile(place: Place, machine: Machine): string {
  return join(place.folder, "machines", machine, "process");
}
