import { spawn } from "node:child_process";
import { constants } from "node:os";
import { interruption } from "./interruption.mjs";

/** @import { InterruptedError } from "./interruption.mjs" */

/** Thrown when a child process fails. The message contains the output of the program. */
export class ProgramFailedError extends Error {
  /**
   * @param {string} commandLine
   * @param {string} ending
   * @param {string} output
   * @param {number} [exitCode] undefined if the program did not start or was ended by a signal
   */
  constructor(commandLine, ending, output, exitCode) {
    super(`\`${commandLine}\` ${ending}${output.trim() === "" ? "" : `:\n${output.trimEnd()}`}`);
    this.name = "ProgramFailedError";
    this.output = output;
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program without showing its output, and returns what it wrote to standard output. If the program fails, the
 * error contains everything that it wrote.
 *
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {object} [options]
 * @param {string} [options.directory]
 * @param {NodeJS.ProcessEnv} [options.environment]
 * @param {number} [options.timeout] in milliseconds
 * @param {(line: string) => boolean} [options.takeProgress] is called with each line of standard error as it arrives.
 *   Returns true if the line reports progress. Such lines are left out of the error.
 * @returns {Promise<string>}
 * @throws {ProgramFailedError} if the program cannot be started, exits with a code other than 0, or exceeds the timeout
 * @throws {InterruptedError} if this process is interrupted; thrown after the program has ended
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
 * @param {number | undefined} timeout in milliseconds; undefined if the program did not exceed it
 * @returns {string | undefined} undefined if the program succeeded
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
 * Runs a program that uses the standard input and output of this process, and returns its exit code.
 *
 * The program receives Ctrl-C exactly once, because many programs exit at once on a second Ctrl-C, without cleaning up.
 * A terminal sends SIGINT to every process in the foreground, so SIGINT is not forwarded there. Without a terminal the
 * program runs in its own process group, and only the first signal is forwarded to it. More signals can arrive, since
 * npm forwards its own signals to this process.
 *
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {{ directory?: string, environment?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 * @throws {InterruptedError} if this process is interrupted; thrown after the program has ended
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
  const forwardSignal = () => {
    const { signal } = /** @type {InterruptedError} */ (interruption.reason);
    if (!terminal || signal === "SIGTERM") {
      child.kill(signal);
    }
  };
  interruption.addEventListener("abort", forwardSignal);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new ProgramFailedError(command, `cannot be started (${error.message})`, "")));
    child.once("exit", (code, signal) => {
      interruption.removeEventListener("abort", forwardSignal);
      if (interruption.aborted) {
        reject(interruption.reason);
      } else {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      }
    });
  });
}
