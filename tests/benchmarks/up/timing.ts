import type { CommandResult } from "../../support/stacks/deployedStack.ts";

/** The duration of an action in milliseconds. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** @throws Error with the whole output of the command, if it fails */
export async function succeeding(command: Promise<CommandResult>): Promise<void> {
  const { exitCode, output } = await command;
  if (exitCode !== 0) {
    throw new Error(output);
  }
}
