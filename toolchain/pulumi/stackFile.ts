import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "../base/cache.mjs";

/**
 * Lends Pulumi a stack's configuration file for a while.
 *
 * With a passphrase, Pulumi writes the passphrase's salt into the file, so a committed `Pulumi.dev.yaml` would differ in
 * every clone that generates its own passphrase. Where the state lies in the clone and the file has no salt of its own,
 * Pulumi therefore gets a copy beside the state, and the salt stays there. What Pulumi changes in the copy
 * (`pulumi config set`) goes back to the file; the salt goes with it once there is a secret that needs it.
 *
 * @param stateFolder where the clone keeps its state; undefined: the user's own backend, whose files are Pulumi's affair
 * @param use gets the file Pulumi is to be given by --config-file; undefined: none
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

/** Whether the stack's own file says how its secrets are encrypted. */
export async function hasSalt(projectRoot: string, stack: string): Promise<boolean> {
  return encryption.test(await readIfExists(stackFile(projectRoot, stack)));
}

/** Where the copies lie. */
export function saltFolder(stateFolder: string): string {
  return join(stateFolder, "stacks");
}

function stackFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The line in which Pulumi notes how a file's secrets are encrypted. */
const encryption = /^(?:encryptionsalt|secretsprovider|encryptedkey):.*\n?/m;

/** An encrypted value of the configuration. */
const secret = /^\s+(?:- )?secure:/m;

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

async function readIfExists(path: string): Promise<string> {
  return (await exists(path)) ? readFile(path, "utf8") : "";
}
