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

/** The folder of Pulumi.yaml. */
export const projectRoot = join(import.meta.dirname, "../..");

/** This clone with everything that Pulumi needs to work on it. */
export interface Workspace {
  readonly backend: Backend;
  /** In which `pulumi`, and all that it starts, is run. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Adds what is missing of the toolchain. A Kubernetes cluster is nothing that is added: it is the one of KUBECONFIG.
 *
 * @param stack the platforms of its configuration and of its state have to be there; undefined: no stack is touched
 * @throws SetupError
 */
export async function openWorkspace(stack: string | undefined): Promise<Workspace> {
  const platforms = stack === undefined ? [] : await platformsOf(stack);
  const engine = await prepareEngine(process.env, platforms);
  const environment = platforms.includes("docker") ? await prepareDocker(engine) : engine;
  const backend = await prepareBackend(projectRoot, environment);
  return { backend, environment: backend.environment };
}

/** A stack whose target was changed has its old set on the platform of its state until an update has removed it. */
async function platformsOf(stack: string): Promise<readonly Platform[]> {
  const backend = await prepareBackend(projectRoot, process.env);
  // A backend elsewhere is asked by `pulumi`, which has to be there first.
  const asked =
    backend.folder === undefined ? { ...backend, environment: await prepareEngine(process.env, []) } : backend;
  const stated = statedPlatforms(await readStateText(projectRoot, asked, stack));
  return [...new Set([await stackPlatform(projectRoot, stack), ...stated])];
}

/**
 * Runs `pulumi` on a stack, on the screen. The stack is created if the backend does not know it.
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
    const reason = `${printable(stack)} is no name for a stack: letters, digits, hyphens, underscores and periods may be in it`;
    throw new OperationError(reason, exitCodes.usage);
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
 * The options that say whether Pulumi shows a preview and asks before it changes anything: never for the stack dev,
 * otherwise unless `yes` is given.
 *
 * @throws OperationError when there is a question and no terminal to answer it
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
