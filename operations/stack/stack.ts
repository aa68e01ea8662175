import { ProgramFailedError, runQuietly } from "../../toolchain/base/childProcess.mjs";
import { stackNotFound } from "../../toolchain/pulumi/stack.ts";
import { printable } from "../../topology/settings/printable.ts";
import { OperationError } from "../command.ts";
import { openWorkspace, projectRoot } from "./workspace.ts";

/** The backend has no stack of that name. */
export class StackNotFoundError extends OperationError {
  readonly stackName: string;

  constructor(stackName: string) {
    const shown = printable(stackName);
    super(`there is no stack ${shown}; create it with: npm run up -- --stack ${shown}`);
    this.name = "StackNotFoundError";
    this.stackName = stackName;
  }
}

/**
 * Reads the outputs of a stack. Secrets are in plain text: do not print them. Empty if the stack is not deployed.
 *
 * @param environment the prepared environment. @default it is prepared here
 * @throws StackNotFoundError
 */
export async function readStackOutputs(
  stack: string,
  environment?: NodeJS.ProcessEnv,
): Promise<Record<string, unknown>> {
  const prepared = environment ?? (await openWorkspace(undefined)).environment;
  const commandLine = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
  try {
    const output = await runQuietly("pulumi", commandLine, { directory: projectRoot, environment: prepared });
    return JSON.parse(output) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      throw error.exitCode === stackNotFound ? new StackNotFoundError(stack) : new OperationError(error.message);
    }
    throw error;
  }
}
