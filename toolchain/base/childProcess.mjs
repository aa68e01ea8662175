import { spawn } from "node:child_process";
import { constants } from "node:os";
import { interruption } from "./interruption.mjs";

/** @import { InterruptedError } from "./interruption.mjs" */

/** A program that ran on the user's behalf failed; the message carries what it printed. */
export class ProgramFailedError extends Error {
  /**
   * @param {string} commandLine
   * @param {string} ending
   * @param {string} output
   * @param {number} [exitCode] undefined: it did not get as far as that
   */
  constructor(commandLine, ending, output, exitCode) {
    super(`\`${commandLine}\` ${ending}${output.trim() === "" ? "" : `:\n${output.trimEnd()}`}`);
    this.name = "ProgramFailedError";
    this.output = output;
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program out of sight and returns what it wrote to standard output; what it wrote is shown only if it fails.
 *
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {object} [options]
 * @param {string} [options.directory]
 * @param {NodeJS.ProcessEnv} [options.environment]
 * @param {number} [options.timeout] in milliseconds
 * @param {(line: string) => boolean} [options.takeProgress] is given each line of standard error as it comes; returns
 *   whether it is progress, which is not shown if the program fails
 * @returns {Promise<string>}
 * @throws {ProgramFailedError} it cannot be started, ends with another code than 0, or takes longer than the timeout
 * @throws {InterruptedError} after the program has ended
 */
export function runQuietly(command, commandArguments, options = {}) {
  interruption.throwIfAborted();
  const timeout = options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout);
  const child = spawn(command, commandArguments, {
    cwd: options.directory,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    signal: timeout === undefined ? interruption : AbortSignal.any([interruption, timeout]),
  });
  let output = "";
  let everything = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
    everything += chunk;
  });
  const { takeProgress = () => false } = options;
  let unfinishedLine = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    const lines = (unfinishedLine + chunk).split("\n");
    unfinishedLine = lines.pop() ?? "";
    everything += lines
      .filter((line) => !takeProgress(line))
      .map((line) => `${line}\n`)
      .join("");
  });
  /** @type {Error | undefined} */
  let startError;
  child.once("error", (error) => {
    startError = error;
  });
  return new Promise((resolve, reject) => {
    child.once("close", (code, signal) => {
      const ending = describeEnding(code, signal, startError, timeout?.aborted ? options.timeout : undefined);
      if (interruption.aborted) {
        reject(interruption.reason);
      } else if (ending === undefined) {
        resolve(output);
      } else {
        const commandLine = [command, ...commandArguments].join(" ");
        reject(new ProgramFailedError(commandLine, ending, everything + unfinishedLine, code ?? undefined));
      }
    });
  });
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @param {Error | undefined} startError
 * @param {number | undefined} timeout in milliseconds, if it was exceeded
 * @returns {string | undefined} undefined: it has succeeded
 */
function describeEnding(code, signal, startError, timeout) {
  if (timeout !== undefined) {
    return `was stopped after ${timeout / 1000} s`;
  }
  if (startError !== undefined) {
    return `cannot be started (${startError.message})`;
  }
  if (signal !== null) {
    return `was ended by ${signal}`;
  }
  return code === 0 ? undefined : `failed with exit code ${code}`;
}

/**
 * Runs a program that owns the screen until it ends, and returns its exit code.
 *
 * Ctrl-C reaches it exactly once, since many programs take a second one as "stop at once, in whatever state". A
 * terminal sends its signal to every process in the foreground, so there nothing is passed on; without one the program
 * is put into a process group of its own and gets the first signal from here, however many arrive (npm passes its own
 * on to us).
 *
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {{ directory?: string, environment?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 * @throws {InterruptedError} after the program has ended
 */
export function runInForeground(command, commandArguments, options = {}) {
  interruption.throwIfAborted();
  const terminal = process.stdin.isTTY;
  const child = spawn(command, commandArguments, {
    cwd: options.directory,
    env: options.environment ?? process.env,
    stdio: "inherit",
    detached: !terminal,
  });
  const passOn = () => {
    const { signal } = /** @type {InterruptedError} */ (interruption.reason);
    if (!terminal || signal === "SIGTERM") {
      child.kill(signal);
    }
  };
  interruption.addEventListener("abort", passOn);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new ProgramFailedError(command, `cannot be started (${error.message})`, "")));
    child.once("exit", (code, signal) => {
      interruption.removeEventListener("abort", passOn);
      if (interruption.aborted) {
        reject(interruption.reason);
      } else {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      }
    });
  });
}
