import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withLock } from "../base/lock.mjs";
import type { Place } from "./place.ts";

/** Kernel settings of the host that a kubelet or this file changes, as paths below /proc/sys. */
const settings = [
  ...["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"],
  ...["kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"],
  ...["fs/inotify/max_user_instances", "fs/inotify/max_user_watches"],
];

/** The minimum values that the programs of several nodes need together. */
const minimum = { "fs/inotify/max_user_instances": 1024, "fs/inotify/max_user_watches": 524_288 } as const;

/** Records the original kernel settings, unless they are recorded already, and raises the settings that are too low. */
export function saveKernelSettings(place: Place): Promise<void> {
  return changing(place, () => save(place));
}

/** Restores the recorded kernel settings, unless another cluster still needs the changed ones. */
export function restoreKernelSettings(place: Place): Promise<void> {
  return changing(place, () => restore(place));
}

/** Changes the kernel settings under a lock, since all clusters share them. */
function changing(place: Place, work: () => Promise<void>): Promise<void> {
  return withLock(fileOf(place), "changing kernel settings", work);
}

async function save(place: Place): Promise<void> {
  if (!existsSync(fileOf(place))) {
    const values = await Promise.all(settings.map(async (name) => [name, await read(name)]));
    await writeFile(fileOf(place), JSON.stringify(Object.fromEntries(values)));
  }
  for (const [name, value] of Object.entries(minimum)) {
    if (Number(await read(name)) < value) {
      await write(name, String(value));
    }
  }
}

async function restore(place: Place): Promise<void> {
  const others = (await readdir(dirname(place.folder))).filter((name) => name !== place.name);
  const needed = others.some((name) => existsSync(join(dirname(place.folder), name, "machines")));
  if (needed || !existsSync(fileOf(place))) {
    return;
  }
  const values: Record<string, string> = JSON.parse(await readFile(fileOf(place), "utf8"));
  for (const [name, value] of Object.entries(values)) {
    if ((await read(name)) !== value) {
      await write(name, value);
    }
  }
  await rm(fileOf(place));
}

/** Returns the path of the recorded settings. All clusters of a user share this file, as they share the kernel. */
function fileOf(place: Place): string {
  return join(dirname(place.folder), "kernel-settings.json");
}

async function read(name: string): Promise<string> {
  return (await readFile(join("/proc/sys", name), "utf8")).trim();
}

function write(name: string, value: string): Promise<void> {
  return writeFile(join("/proc/sys", name), value);
}
