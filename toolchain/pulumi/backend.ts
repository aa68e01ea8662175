import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists } from "../base/cache.mjs";
import { say } from "../base/steps.mjs";
import { pulumiHome } from "./pulumiHome.ts";

/** Where Pulumi keeps the state of a project's stacks. */
export interface Backend {
  /** The folder this project keeps the state in, for a user who has no backend; undefined: the user's own is used. */
  readonly folder: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The user's backend where there is one: PULUMI_BACKEND_URL, PULUMI_ACCESS_TOKEN, `backend` in Pulumi.yaml, or a login.
 * Otherwise files in `.state` of the project, with a generated passphrase unless the environment brings one.
 */
export async function prepareBackend(projectRoot: string, environment: NodeJS.ProcessEnv): Promise<Backend> {
  if (await hasBackend(projectRoot, environment)) {
    return { folder: undefined, environment };
  }
  const folder = join(projectRoot, ".state");
  if (!(await exists(folder))) {
    say("keeping the stacks' state in .state of this clone: Pulumi is not logged in to any backend");
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const prepared = { ...environment, PULUMI_BACKEND_URL: fileBackend(folder) };
  return { folder, environment: { ...prepared, ...(await passphrase(folder, environment)) } };
}

/**
 * The address of a backend of files. Without `metadata=skip` Pulumi writes a second file beside each one, and not at a
 * stroke: an update that was killed meanwhile left a stack that cannot be read ("failed to load checkpoint: EOF").
 */
export function fileBackend(folder: string): string {
  return `${pathToFileURL(folder).href}?metadata=skip`;
}

async function hasBackend(projectRoot: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  if (environment["PULUMI_BACKEND_URL"] || environment["PULUMI_ACCESS_TOKEN"]) {
    return true;
  }
  const project = await readFile(join(projectRoot, "Pulumi.yaml"), "utf8");
  return /^backend:/m.test(project) || (await isLoggedIn(environment));
}

async function isLoggedIn(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const folder = environment["PULUMI_CREDENTIALS_PATH"] || pulumiHome(environment);
  const file = join(folder, "credentials.json");
  if (!(await exists(file))) {
    return false;
  }
  const text = await readFile(file, "utf8");
  // Pulumi may have encrypted the file; the mark says so, and who has such a file has logged in.
  return /"current"\s*:\s*"[^"]/.test(text) || text.includes('"$pulumiSecureStore"');
}

async function passphrase(folder: string, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const given = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (given.some((variable) => environment[variable] !== undefined)) {
    return {};
  }
  const file = join(folder, "passphrase");
  if (!(await exists(file))) {
    await writeFile(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}
