import { parseArgs } from "node:util";

/**
 * The commands that ask for a confirmation before they change a stack. The list is in this file, and not with the
 * commands, because `bootstrap.mjs` needs it: without a terminal, `bootstrap.mjs` refuses these commands before it
 * installs anything. This file must run on Node 20 with built-in modules only.
 */
const askingCommands = ["up", "down"];

/** The stack that is created and removed without a confirmation. */
const disposableStack = "dev";

/**
 * True if the user must confirm changes to a stack.
 *
 * @param {string} stack
 * @param {boolean} yes true if --yes is given
 */
export function asksBeforeChange(stack, yes) {
  return !yes && stack !== disposableStack;
}

/**
 * Returns an error message if a command needs a confirmation and there is no terminal to ask for it.
 *
 * @param {readonly string[]} commandLine the command and its arguments; wrong arguments are reported by the command
 * @param {boolean} isTerminal true if standard input is a terminal
 * @returns {string | undefined} undefined if the command can run
 */
export function unanswerableQuestion([command = "", ...commandArguments], isTerminal) {
  if (isTerminal || !askingCommands.includes(command) || commandArguments.includes("--help")) {
    return undefined;
  }
  const { values } = parseArgs({
    args: commandArguments,
    options: { stack: { type: "string", default: disposableStack }, yes: { type: "boolean", default: false } },
    strict: false,
  });
  const stack = typeof values.stack === "string" ? values.stack : disposableStack;
  return asksBeforeChange(stack, values.yes === true) ? needsYes(stack) : undefined;
}

/**
 * Returns the message that --yes is needed.
 *
 * @param {string} stack printed only if it is a valid name of a stack
 */
export function needsYes(stack) {
  const named = /^[\w./-]{1,200}$/.test(stack) ? `the stack ${stack}` : "the stack given by --stack";
  return `changing ${named} needs a confirmation, and there is no terminal to ask for it; pass --yes`;
}
