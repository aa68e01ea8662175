import { readdir, readFile } from "node:fs/promises";

/** Clock ticks per second. Linux counts the CPU time of processes in these ticks on every architecture. */
const ticksPerSecond = 100;

/** Fields of a CPU's line in /proc/stat that do not count work: idle, and waiting for a disk. */
const idle = [3, 4];

/** The number of fields in a CPU's line before the time of guests, which the first two fields include. */
const counted = 8;

/** The CPU time of all cores of the machine in seconds, from the content of /proc/stat. */
export function machineTime(stat: string): number {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(" ").map(Number) ?? [];
  const work = fields.slice(0, counted).filter((_, index) => !idle.includes(index));
  return work.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}

/** The name of a process and its own CPU time in seconds, from the content of /proc/PID/stat. */
export function processTime(stat: string): { readonly name: string; readonly time: number } {
  // The name is in parentheses, and may contain any character.
  const [start, end] = [stat.indexOf("("), stat.lastIndexOf(")")];
  const fields = stat.slice(end + 2).split(" ");
  return { name: stat.slice(start + 1, end), time: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond };
}

/** The CPU time of the machine until now, in seconds. */
export async function readMachineTime(): Promise<number> {
  return machineTime(await readFile("/proc/stat", "utf8"));
}

/** The CPU time of the engine's running processes in seconds: the daemons and one shim for each container. */
export async function readEngineTime(): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  // A process may end before its file is read.
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, "utf8").catch(() => undefined)));
  return stats
    .filter((stat) => stat !== undefined)
    .map(processTime)
    .filter(({ name }) => /^(dockerd|docker-proxy|containerd(-shim.*)?)$/.test(name))
    .reduce((sum, { time }) => sum + time, 0);
}
