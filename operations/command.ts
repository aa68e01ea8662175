import type { ParseArgsOptionsConfig, parseArgs } from "node:util";

/** The option values that node:util's `parseArgs` returns for these option definitions. */
export type OptionValues<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options }>
>["values"];

/**
 * One command of the command line: plain data and one function. `main.ts` parses the arguments strictly, prints the
 * usage for `--help`, and derives the exit code from what `run` returns or throws. A command never ends the process.
 */
export interface Command<Options extends ParseArgsOptionsConfig = ParseArgsOptionsConfig> {
  /** The name on the command line: `npm run <name>`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text that `--help` prints. `--help` itself is not listed in it. */
  readonly usage: string;
  /** In the format of node:util's `parseArgs`. Every command also accepts `--help`; any other option is refused. */
  readonly options: Options;
  /** Whether positional arguments are accepted. @default false */
  readonly allowPositionals?: boolean;
  /** Passes all arguments to `run` as positionals, unparsed. For a command that forwards them to another program. */
  readonly passThrough?: boolean;
  /** Returns the exit code. Throws an `OperationError` if the user can correct the cause; any other error is a bug. */
  run(values: OptionValues<Options>, positionals: readonly string[]): Promise<number>;
}

/** Infers the types of a command's options, so that `run` receives typed values. */
export function defineCommand<const Options extends ParseArgsOptionsConfig>(
  command: Command<Options>,
): Command<Options> {
  return command;
}

/** `--stack NAME`, for every command that works on one stack. */
export const stackOption = { type: "string", default: "dev" } as const;

/** The exit codes of the process. A command that runs another program exits with that program's own code. */
export const exitCodes = {
  success: 0,
  /** The command ran, and an update, a check or a test failed. */
  failure: 1,
  /** The arguments are wrong (EX_USAGE). Codes of sysexits.h do not collide with Pulumi's own, 0 to 9 and 255. */
  usage: 64,
  /** Something required is missing and cannot be installed or reached (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A bug in this program (EX_SOFTWARE). */
  bug: 70,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

/** A failure that the user can correct. Its message is printed without a stack trace. */
export class OperationError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failure) {
    super(message);
    this.name = "OperationError";
    this.exitCode = exitCode;
  }
}

/** The arguments are wrong. The message is printed with the command's usage. */
export class UsageError extends OperationError {
  constructor(message: string) {
    super(message, exitCodes.usage);
    this.name = "UsageError";
  }
}
