import { access, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { SetupError } from "./setupError.mjs";

/**
 * Returns the path of the cache folder: `redis-ha` in XDG_CACHE_HOME, or in ~/.cache. All clones of a user share it. It
 * holds, among other things, programs. Creates the folder with mode 0700 if it is missing.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>}
 * @throws {SetupError} if the folder cannot be created, or if another user owns it or can write to it: that user could
 *   then replace the programs that this user runs
 */
export async function cacheFolder(environment) {
  const parent = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(parent, "redis-ha");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupError(
      `the cache folder ${folder} cannot be created: ${reason}`,
      "set XDG_CACHE_HOME to a folder of your own",
    );
  }
  // In a folder with the sticky bit, such as /tmp, a user cannot replace the files of another user.
  await refuseOtherUsers(parent, (mode) => (mode & 0o1002) === 0o002);
  await refuseOtherUsers(folder, (mode) => (mode & 0o022) !== 0);
  return folder;
}

/**
 * @param {string} folder
 * @param {(mode: number) => boolean} isOpen returns true if other users can write to a folder with this mode
 */
async function refuseOtherUsers(folder, isOpen) {
  const self = process.getuid?.();
  if (self === undefined) {
    return;
  }
  // A symbolic link and the folder that it points to can have different owners. Both must be trusted.
  const [link, { uid, mode }] = await Promise.all([lstat(folder), stat(folder)]);
  const foreignOwner = [link.uid, uid].find((owner) => owner !== self && owner !== 0);
  if (foreignOwner !== undefined) {
    throw new SetupError(
      `programs are kept in ${folder}, which belongs to another user (user id ${foreignOwner}; this process runs as user id ${self})`,
      "set XDG_CACHE_HOME to a folder of your own",
    );
  }
  if (isOpen(mode)) {
    throw new SetupError(
      `programs are kept in ${folder}, which other users can write to (mode ${(mode & 0o777).toString(8)})`,
      `delete files that other users have put there, then run: chmod go-w ${folder}`,
    );
  }
}

/**
 * Returns the path of the folder `name` in the cache, and builds the folder if it is missing. The build runs in a
 * temporary folder that is then renamed. So the folder is either complete or absent, even if a build is interrupted or
 * several clones build at the same time.
 *
 * @param {string} name Must contain the version, since a folder in the cache never changes.
 * @param {string} description What the build does. A second process that has to wait for the build prints this.
 * @param {(folder: string) => Promise<void>} build Fills the given empty folder. The folder is moved afterwards, so its
 *   files must not contain its absolute path.
 * @param {NodeJS.ProcessEnv} [environment] determines the path of the cache
 * @returns {Promise<string>}
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
 * Removes the temporary folders of builds that were killed.
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
