import type { CommandResult } from "../../support/stacks/deployedStack.ts";

/** Milliseconds an action takes; for a command, until it has succeeded. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** @throws Error with all that a command said, where it failed */
export async function succeeding(command: Promise<CommandResult>): Promise<void> {
  const { exitCode, output } = await command;
  if (exitCode !== 0) {
    throw new Error(output);
  }
}
