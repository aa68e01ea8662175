import { join } from "node:path";
import { ProgramFailedError, runInForeground } from "../../toolchain/base/childProcess.mjs";
import { asksBeforeChange, needsYes } from "../../toolchain/consent.mjs";
import { prepareDocker } from "../../toolchain/docker/docker.ts";
import { type Backend, prepareBackend } from "../../toolchain/pulumi/backend.ts";
import { type Platform, prepareEngine } from "../../toolchain/pulumi/engine.ts";
import { createStack, stackExists } from "../../toolchain/pulumi/stack.ts";
import { lendStackFile } from "../../toolchain/pulumi/stackFile.ts";
import { printable } from "../../topology/settings/printable.ts";
import { exitCodes, OperationError } from "../command.ts";
import { stackPlatform } from "./stackPlatform.ts";
import { readStateText, statedPlatforms } from "./stateText.ts";

/** The folder that contains Pulumi.yaml. */
export const projectRoot = join(import.meta.dirname, "../..");

/** This clone with everything that Pulumi needs to work on it. */
export interface Workspace {
  readonly backend: Backend;
  /** The environment of `pulumi` and of all processes that it starts. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Installs the missing parts of the toolchain. A Kubernetes cluster is not installed: it is the one of KUBECONFIG.
 *
 * @param stack the stack whose platforms, by its configuration and its state, are prepared; undefined: no platform
 * @throws SetupError
 */
export async function openWorkspace(stack: string | undefined): Promise<Workspace> {
  const platforms = stack === undefined ? [] : await platformsOf(stack);
  const engine = await prepareEngine(process.env, platforms);
  const environment = platforms.includes("docker") ? await prepareDocker(engine) : engine;
  const backend = await prepareBackend(projectRoot, environment);
  return { backend, environment: backend.environment };
}

/** After a change of the target, the state has resources on the old platform until an update has removed them. */
async function platformsOf(stack: string): Promise<readonly Platform[]> {
  const backend = await prepareBackend(projectRoot, process.env);
  // A backend outside the clone is read by `pulumi`, which must be installed first.
  const readable =
    backend.folder === undefined ? { ...backend, environment: await prepareEngine(process.env, []) } : backend;
  const stated = statedPlatforms(await readStateText(projectRoot, readable, stack));
  return [...new Set([await stackPlatform(projectRoot, stack), ...stated])];
}

/**
 * Runs `pulumi` on a stack in the foreground. The stack is created if the backend does not have it.
 *
 * @param pulumiArguments the command and its own options, without --stack and --config-file
 * @returns Pulumi's exit code
 */
export async function pulumiOnStack(
  { backend, environment }: Workspace,
  stack: string,
  pulumiArguments: readonly string[],
): Promise<number> {
  if (backend.folder !== undefined && !/^[\w.-]+$/.test(stack)) {
    throw new OperationError(
      `${printable(stack)} is not a valid stack name: use only letters, digits, hyphens, underscores and periods`,
      exitCodes.usage,
    );
  }
  await createIfMissing(backend, stack);
  return lendStackFile(projectRoot, backend.folder, stack, (configFile) => {
    const file = configFile === undefined ? [] : ["--config-file", configFile];
    const place = pulumiArguments.findIndex((argument) => !argument.startsWith("-")) + 1;
    const commandLine = pulumiArguments.toSpliced(place, 0, "--stack", stack, ...file);
    return runInForeground("pulumi", commandLine, { directory: projectRoot, environment });
  });
}

/**
 * Returns Pulumi's options for a change. Pulumi shows a preview and asks for confirmation, unless the stack is dev or
 * `yes` is given.
 *
 * @throws OperationError if confirmation is needed and standard input is not a terminal
 */
export function consent(stack: string, yes: boolean): readonly string[] {
  if (!asksBeforeChange(stack, yes)) {
    return ["--yes", "--skip-preview"];
  }
  if (!process.stdin.isTTY) {
    throw new OperationError(needsYes(stack), exitCodes.usage);
  }
  return [];
}

async function createIfMissing(backend: Backend, stack: string): Promise<void> {
  try {
    if (!(await stackExists(projectRoot, backend, stack))) {
      await createStack(projectRoot, backend, stack);
    }
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      throw new OperationError(error.message);
    }
    throw error;
  }
}
