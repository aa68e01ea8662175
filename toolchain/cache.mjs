import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock.mjs";

/**
 * Where things are kept that all clones of this user share.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function cacheFolder(environment) {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "redis-ha");
}

/**
 * The folder `name` of the cache, made once. It is built beside its place and then renamed, so it is there whole or not
 * at all, whatever interrupts the build and however many clones build at once.
 *
 * @param {string} name With its version: what is in the cache never changes.
 * @param {string} description What the build does, shown to another process that has to wait for it.
 * @param {(folder: string) => Promise<void>} build Fills the given empty folder. It will be moved: no absolute paths.
 * @param {NodeJS.ProcessEnv} [environment] says where the cache is
 * @returns {Promise<string>} its path
 */
export async function cached(name, description, build, environment = process.env) {
  const target = join(cacheFolder(environment), name);
  if (await exists(target)) {
    return target;
  }
  return withLock(target, description, async () => {
    if (await exists(target)) {
      return target;
    }
    await removeLeftovers(target);
    const aside = `${target}${asideMark}${process.pid}`;
    await mkdir(aside, { recursive: true });
    try {
      await build(aside);
      await rename(aside, target);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    return target;
  });
}

/** @param {string} path */
export async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

const asideMark = ".unfinished-";

/**
 * Removes what builds left that were killed and could not do so themselves.
 *
 * @param {string} target
 */
async function removeLeftovers(target) {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  for (const entry of await readdir(parent)) {
    const [name, process] = entry.split(asideMark);
    if (name === basename(target) && process !== undefined && !isAlive(Number(process))) {
      await rm(join(parent, entry), { recursive: true, force: true });
    }
  }
}

/** @param {number} processId */
function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
