import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "../base/cache.mjs";

/**
 * Runs `use` with a copy of a stack's configuration file, so that Pulumi does not write a salt into the file itself.
 *
 * With a passphrase, Pulumi writes the salt of the passphrase into the file. A committed `Pulumi.dev.yaml` would then
 * differ in every clone that generates its own passphrase. So if the clone keeps the state and the file has no salt
 * yet, Pulumi works on a copy next to the state, and the salt stays in the copy. Changes that Pulumi makes in the copy
 * (`pulumi config set`) are written back to the file, and the salt as well once the file contains a secret that needs
 * it.
 *
 * @param stateFolder the folder with the state of the clone; undefined if the user's own backend is used, in which case
 *   Pulumi works on the file itself
 * @param use receives the path for Pulumi's option --config-file; undefined if the option is not needed
 */
export async function lendStackFile<Result>(
  projectRoot: string,
  stateFolder: string | undefined,
  stack: string,
  use: (configFile: string | undefined) => Promise<Result>,
): Promise<Result> {
  if (stateFolder === undefined || (await hasSalt(projectRoot, stack))) {
    return use(undefined);
  }
  const file = stackFile(projectRoot, stack);
  const copy = stackFile(saltFolder(stateFolder), stack);
  const text = await readIfExists(file);
  const salt = (await readIfExists(copy)).match(encryption)?.[0] ?? "";
  await mkdir(dirname(copy), { recursive: true });
  const lent = endLine(text) + salt;
  await writeFile(copy, lent);
  try {
    return await use(copy);
  } finally {
    const returned = await readIfExists(copy);
    if (returned !== lent) {
      await writeFile(file, secret.test(returned) ? returned : returned.replace(encryption, ""));
    }
  }
}

/** True if the stack's own file contains the line that describes how its secrets are encrypted. */
export async function hasSalt(projectRoot: string, stack: string): Promise<boolean> {
  return encryption.test(await readIfExists(stackFile(projectRoot, stack)));
}

/** Returns the folder with the copies of the stacks' encryption salts. */
export function saltFolder(stateFolder: string): string {
  return join(stateFolder, "stacks");
}

function stackFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The line that describes how the secrets of a file are encrypted. */
const encryption = /^(?:encryptionsalt|secretsprovider|encryptedkey):.*\n?/m;

/** An encrypted value in the configuration. */
const secret = /^\s+(?:- )?secure:/m;

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

async function readIfExists(path: string): Promise<string> {
  return (await exists(path)) ? readFile(path, "utf8") : "";
}
