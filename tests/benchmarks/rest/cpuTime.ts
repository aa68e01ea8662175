import { readdir, readFile } from "node:fs/promises";

/** Clock ticks in a second, in which Linux counts the CPU time of processes on every architecture. */
const TICKS = 100;

/** Fields of a CPU's line in /proc/stat that are no work: idle, and waiting for a disk. */
const IDLE = [3, 4];

/** Fields of that line before the guests' time, which is part of the first two. */
const COUNTED = 8;

/** Seconds of CPU time that the machine has spent on all its cores, from the content of /proc/stat. */
export function machineTime(stat: string): number {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(" ").map(Number) ?? [];
  const work = fields.slice(0, COUNTED).filter((_, index) => !IDLE.includes(index));
  return work.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

/** Name, and seconds of CPU time of its own, of a process, from the content of /proc/PID/stat. */
export function processTime(stat: string): { readonly name: string; readonly time: number } {
  // The name stands in parentheses, and may have any character in it.
  const [start, end] = [stat.indexOf("("), stat.lastIndexOf(")")];
  const fields = stat.slice(end + 2).split(" ");
  return { name: stat.slice(start + 1, end), time: (Number(fields[11]) + Number(fields[12])) / TICKS };
}

/** Seconds of CPU time that the machine has spent until now. */
export async function readMachineTime(): Promise<number> {
  return machineTime(await readFile("/proc/stat", "utf8"));
}

/** Seconds of CPU time of the engine's running processes: the daemons and one shim for each container. */
export async function readEngineTime(): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  // A process may end between the two looks.
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, "utf8").catch(() => undefined)));
  return stats
    .filter((stat) => stat !== undefined)
    .map(processTime)
    .filter(({ name }) => /^(dockerd|docker-proxy|containerd(-shim.*)?)$/.test(name))
    .reduce((sum, { time }) => sum + time, 0);
}
