import { access, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { SetupError } from "./setupError.mjs";

/**
 * Where things are kept that all clones of this user share, programs among them: `redis-ha` in XDG_CACHE_HOME, or in
 * ~/.cache. It is made if it is missing, with mode 0700.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>} its path
 * @throws {SetupError} another user made it or can write to it, and so could decide what runs here; or it cannot be made
 */
export async function cacheFolder(environment) {
  const parent = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(parent, "redis-ha");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupError(`the cache ${folder} cannot be made: ${reason}`, "set XDG_CACHE_HOME to a folder of your own");
  }
  // In a folder with the sticky bit, such as /tmp, a user cannot replace what is another's.
  await refuseOtherUsers(parent, (mode) => (mode & 0o1002) === 0o002);
  await refuseOtherUsers(folder, (mode) => (mode & 0o022) !== 0);
  return folder;
}

/**
 * @param {string} folder
 * @param {(mode: number) => boolean} isOpen whether others can write to it, or replace what is in it
 */
async function refuseOtherUsers(folder, isOpen) {
  const self = process.getuid?.();
  if (self === undefined) {
    return;
  }
  // A link may be another user's while the folder that it leads to is not.
  const [link, { uid, mode }] = await Promise.all([lstat(folder), stat(folder)]);
  const stranger = [link.uid, uid].find((owner) => owner !== self && owner !== 0);
  if (stranger !== undefined) {
    throw new SetupError(
      `programs are kept in ${folder}, which belongs to another user (${stranger}; this process runs as ${self})`,
      "set XDG_CACHE_HOME to a folder of your own",
    );
  }
  if (isOpen(mode)) {
    throw new SetupError(
      `programs are kept in ${folder}, which other users can write to (mode ${(mode & 0o777).toString(8)})`,
      `remove what others may have put there, and run: chmod go-w ${folder}`,
    );
  }
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
  const target = join(await cacheFolder(environment), name);
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
