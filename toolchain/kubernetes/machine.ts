import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { until } from "../base/until.ts";
import { makeCgroups, removeCgroups } from "./cgroups.ts";
import { diskOf, logOf, type Machine, type Node, type Place, settingsOf } from "./place.ts";
import { childrenOf, identify, stillRunning } from "./processes.ts";

/*
 * A machine is a set of namespaces: network, mounts, processes, host name. Its first process is its plug: when that
 * ends, so do all of its processes, mounts and interfaces. Only its disk stays, a folder.
 */

/**
 * Starts a machine. Its disk is as it was when it ran last, or empty.
 *
 * @param programs the folder that it sees as /var/cluster/bin
 * @throws SetupError
 */
export async function startMachine(place: Place, machine: Machine, programs: string): Promise<void> {
  await prepareDisk(place, machine);
  await makeCgroups(cgroupOf(place, machine));
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
    throw failure(place, machine, "boot", `${machine} ended as soon as it had started`);
  }
  await writeFile(identityFile(place, machine), identity);
}

/** @returns the first process of a machine; undefined when it is off */
export function processOf(place: Place, machine: Machine): number | undefined {
  const file = identityFile(place, machine);
  return existsSync(file) ? stillRunning(readFileSync(file, "utf8")) : undefined;
}

/** The machines that have a disk, whether they are on or off. */
export function machinesOf(place: Place): readonly Machine[] {
  const folder = join(place.folder, "machines");
  return existsSync(folder) ? (readdirSync(folder).toSorted() as Machine[]) : [];
}

/** Those of them that are nodes. */
export function nodesOf(place: Place): readonly Node[] {
  return machinesOf(place).filter((machine): machine is Node => machine.startsWith("node-"));
}

/** Ends a machine with everything in it, at once. Its disk stays. */
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

/** A command line that does its work inside a machine. */
export function inside(place: Place, machine: Machine, ...commandLine: readonly string[]): [string, ...string[]] {
  const namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--wd=/"];
  return ["nsenter", "--target", String(mustRun(place, machine)), ...namespaces, "--", ...commandLine];
}

/**
 * @returns the first process of a machine
 * @throws SetupError the machine is off, or there is no cluster at all
 */
export function mustRun(place: Place, machine: Machine): number {
  const first = processOf(place, machine);
  if (first !== undefined) {
    return first;
  }
  const cluster = `npm run cluster -- ${place.name === "local" ? "" : `--name ${place.name} `}`;
  throw processOf(place, "switch") === undefined
    ? new SetupError(`the cluster ${place.name} is down`, `bring it up: ${cluster}up`)
    : new SetupError(`${machine} does not run`, `start it: ${cluster}start-node ${machine}`);
}

/** Runs a program in a machine as a service: again whenever it ends, and with a log. */
export async function startService(
  place: Place,
  machine: Machine,
  name: string,
  commandLine: readonly string[],
): Promise<void> {
  const log = await openLog(place, machine, name);
  // The text and not the file: a machine does not see everything that the host has.
  const script = await readFile(join(import.meta.dirname, "service.sh"), "utf8");
  const environment = ["env", "-i", `PATH=${servicePath}`, "HOME=/root"];
  const supervisor = ["sh", "-c", script, "service.sh", cgroupOf(place, machine)];
  const [command, ...rest] = inside(place, machine, ...environment, ...supervisor, ...commandLine);
  spawn(command, rest, { detached: true, stdio: ["ignore", log, log] }).unref();
  closeSync(log);
}

const servicePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Interfaces, routes and rules of `ip`, one a line, on the host or in a machine's network. */
export async function configureNetwork(lines: readonly string[], machine?: number): Promise<void> {
  const where = machine === undefined ? [] : ["nsenter", "--target", String(machine), "--net", "--"];
  const feed = 'lines=$1; shift; printf "%s\\n" "$lines" | "$@"';
  await runQuietly("sh", ["-c", feed, "ip", lines.join("\n"), ...where, "ip", "-batch", "-"]);
}

/** What went wrong, with the end of the log that may say why. */
export function failure(place: Place, machine: Machine, service: string, what: string): SetupError {
  const log = logOf(place, machine, service);
  const lastLines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-12) : [];
  return new SetupError(what, [`it may say why in its log, ${log}`, ...lastLines].join("\n"));
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

/** Returns when the machine has said so. */
function booted(parent: ReturnType<typeof spawn>, place: Place, machine: Machine): Promise<void> {
  const message = parent.stdio[3] as Readable;
  return new Promise((resolve, reject) => {
    message.once("data", () => {
      message.destroy();
      resolve();
    });
    parent.once("error", reject);
    parent.once("exit", () => reject(failure(place, machine, "boot", `${machine} does not start`)));
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
