import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { until } from "../base/until.ts";

const root = "/sys/fs/cgroup";

/** True if this machine has control groups of version 1, which this project's clusters need. */
export function hasVersion1(): boolean {
  return existsSync(join(root, "memory/cgroup.procs")) && existsSync(join(root, "pids/cgroup.procs"));
}

/** Creates a control group in every hierarchy. */
export async function createCgroups(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const group = join(hierarchy, path);
    await mkdir(group, { recursive: true });
    if (existsSync(join(group, "cpu.shares"))) {
      await writeFile(join(group, "cpu.shares"), String(1024 * availableParallelism()));
    }
    if (existsSync(join(hierarchy, "cpuset.cpus"))) {
      await inheritCpuset(hierarchy, path);
    }
  }
}

/** Copies the processors and memory nodes of the root group. A cpuset group without them accepts no process. */
async function inheritCpuset(hierarchy: string, path: string): Promise<void> {
  const levels = path.split("/").map((_part, index, parts) => join(hierarchy, ...parts.slice(0, index + 1)));
  for (const level of levels) {
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      await writeFile(join(level, file), await readFile(join(hierarchy, file), "utf8"));
    }
  }
}

/** Kills every process in a control group and in its subgroups. */
export async function endProcesses(path: string): Promise<void> {
  const group = join(root, "memory", path);
  const entries = existsSync(group) ? await readdir(group, { recursive: true, withFileTypes: true }) : [];
  for (const { name, parentPath } of entries) {
    if (name === "cgroup.procs") {
      const processes = (await readFile(join(parentPath, name), "utf8")).split("\n").filter(Boolean).map(Number);
      processes.forEach(end);
    }
  }
}

function end(processId: number): void {
  try {
    process.kill(processId, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

/** Removes a control group and its subgroups as soon as their last processes have ended. */
export async function removeCgroups(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const group = join(hierarchy, path);
    await until(() => tryRemove(group), { failure: () => new Error(`${group} still has processes`), ...removal });
  }
}

/** The timeout is in milliseconds. The removal continues after Ctrl-C, since it is part of the cleanup. */
const removal = { timeout: 10_000, despiteInterruption: true };

async function hierarchies(): Promise<readonly string[]> {
  const entries = await readdir(root);
  return entries.map((entry) => join(root, entry)).filter((path) => existsSync(join(path, "cgroup.procs")));
}

/** Tries to remove a group with its subgroups, and returns true if it is gone. */
async function tryRemove(group: string): Promise<boolean> {
  if (!existsSync(group)) {
    return true;
  }
  const inside = (await readdir(group, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of inside) {
    if (!(await tryRemove(join(group, name)))) {
      return false;
    }
  }
  try {
    await rmdir(group);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EBUSY" || error.code === "ENOENT")) {
      return error.code === "ENOENT";
    }
    throw error;
  }
}
