import { parseArgs } from "node:util";

/**
 * Which commands ask before they change a stack. Here and not beside the commands, because `bootstrap.mjs` refuses a
 * question that cannot be asked before it installs anything. Runs on Node 20 with nothing but its built-in modules.
 */
const askingCommands = ["up", "down"];

/** The stack that is created and removed without a question. */
const disposableStack = "dev";

/**
 * Whether a stack is changed only after the user has said yes.
 *
 * @param {string} stack
 * @param {boolean} yes whether --yes is given
 */
export function asksBeforeChange(stack, yes) {
  return !yes && stack !== disposableStack;
}

/**
 * Why a command line cannot run here: it has to ask before it changes its stack, and nothing can answer.
 *
 * @param {readonly string[]} commandLine the command and its arguments; wrong arguments are left to the command
 * @param {boolean} isTerminal whether standard input is a terminal
 * @returns {string | undefined} undefined: it may run
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
 * @param {string} stack not printed unless it can be a stack's name
 */
export function needsYes(stack) {
  const named = /^[\w./-]{1,200}$/.test(stack) ? `the stack ${stack}` : "the stack of --stack";
  return `${named} is changed only after a question, and there is no terminal to ask it in; say --yes`;
}
