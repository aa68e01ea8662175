import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists } from "../base/cache.mjs";
import { say } from "../base/steps.mjs";
import { pulumiHome } from "./pulumiHome.ts";

/** The backend in which Pulumi keeps the state of a project's stacks. */
export interface Backend {
  /** The folder with the state, for a user who has no backend; undefined if the user's own backend is used. */
  readonly folder: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Selects the backend. Uses the user's backend if there is one: PULUMI_BACKEND_URL, PULUMI_ACCESS_TOKEN, `backend` in
 * Pulumi.yaml, or a login. Otherwise keeps the state in files in the project's folder `.state`, and generates a
 * passphrase unless the environment has one.
 */
export async function prepareBackend(projectRoot: string, environment: NodeJS.ProcessEnv): Promise<Backend> {
  if (await hasBackend(projectRoot, environment)) {
    return { folder: undefined, environment };
  }
  const folder = join(projectRoot, ".state");
  if (!(await exists(folder))) {
    say(
      "keeping the state of the stacks in the folder .state of this clone, since Pulumi is not logged in to a backend",
    );
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const prepared = { ...environment, PULUMI_BACKEND_URL: fileBackend(folder) };
  return { folder, environment: { ...prepared, ...(await passphrase(folder, environment)) } };
}

/**
 * Returns the address of a backend that keeps the state in files. Without `metadata=skip` Pulumi writes a second file
 * next to each file, and the two writes are not atomic. If an update is killed between them, Pulumi can no longer read
 * the stack ("failed to load checkpoint: EOF").
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
  // Pulumi may have encrypted the file and then marks it. Only a logged in user has such a file.
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
