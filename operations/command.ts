import type { ParseArgsOptionsConfig, parseArgs } from "node:util";

/** The values node:util's parseArgs gives for a set of options. */
export type OptionValues<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options }>
>["values"];

/**
 * One command of the command line: plain data and one function. `main.ts` parses the arguments strictly, prints the
 * usage for `--help` and turns what `run` returns or throws into an exit code; a command never ends the process.
 */
export interface Command<Options extends ParseArgsOptionsConfig = ParseArgsOptionsConfig> {
  /** As typed: `npm run <name>`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints, without the options every command has. */
  readonly usage: string;
  /** For node:util's parseArgs; an option that is not here is refused. `--help` is added to every command. */
  readonly options: Options;
  /** Whether arguments that are no options are accepted; they are refused by default. */
  readonly allowPositionals?: boolean;
  /** Hands all arguments to `run` as positionals, unparsed, for a command that passes them on to another program. */
  readonly passThrough?: boolean;
  /** Returns the exit code. Throws an `OperationError` for what the user can correct; anything else is a bug. */
  run(values: OptionValues<Options>, positionals: readonly string[]): Promise<number>;
}

/** Keeps the types of a command's options, so that `run` gets its values typed. */
export function defineCommand<const Options extends ParseArgsOptionsConfig>(
  command: Command<Options>,
): Command<Options> {
  return command;
}

/** `--stack NAME`, for every command that works on one stack. */
export const stackOption = { type: "string", default: "dev" } as const;

/** What the process ends with; a command that runs another program passes that program's own code on. */
export const exitCodes = {
  success: 0,
  /** The command did its work and the answer is no: an update, a check or a test failed. */
  failure: 1,
  /** The arguments are wrong (EX_USAGE of sysexits.h, and so on: apart from Pulumi's own codes, 0 to 9 and 255). */
  usage: 64,
  /** Something needed is missing and could not be had (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A fault of this program (EX_SOFTWARE). */
  bug: 70,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** A failure that the user can correct: its message is shown, never a stack trace. */
export class OperationError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failure) {
    super(message);
    this.name = "OperationError";
    this.exitCode = exitCode;
  }
}

/** The arguments are wrong; shown with the command's usage. */
export class UsageError extends OperationError {
  constructor(message: string) {
    super(message, exitCodes.usage);
    this.name = "UsageError";
  }
}
