import { parseArgs } from "node:util";
import { ProgramFailedError } from "../toolchain/base/childProcess.mjs";
import { InterruptedError } from "../toolchain/base/interruption.mjs";
import { SetupError } from "../toolchain/base/setupError.mjs";
import { printable } from "../topology/settings/printable.ts";
import { SettingsError } from "../topology/settings/problem.ts";
import { type Command, exitCodes, OperationError, UsageError } from "./command.ts";
import { findCommand, listCommands } from "./registry.ts";

main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});

/**
 * Runs a command line: `<command> [arguments]`. This is the only place that prints errors.
 *
 * @returns the exit code
 */
async function main([name, ...commandArguments]: readonly string[]): Promise<number> {
  try {
    if (name === undefined || name === "help") {
      console.log(await overview());
      return exitCodes.success;
    }
    const command = await findCommand(name);
    if (command === undefined) {
      throw new UsageError(`unknown command ${printable(name)}; npm run help lists the commands`);
    }
    return await runCommand(command, commandArguments);
  } catch (error) {
    return report(error);
  }
}

async function runCommand(command: Command, commandArguments: readonly string[]): Promise<number> {
  if (commandArguments[0] === "--help") {
    console.log(command.usage);
    return exitCodes.success;
  }
  try {
    const { values, positionals } = parse(command, commandArguments);
    return await command.run(values, positionals);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${command.usage}\n`);
    }
    throw error;
  }
}

function parse(
  command: Command,
  commandArguments: readonly string[],
): Pick<ReturnType<typeof parseArgs>, "values" | "positionals"> {
  if (command.passThrough) {
    return { values: {}, positionals: [...commandArguments] };
  }
  refuseForgottenSeparator(command);
  const allowPositionals = command.allowPositionals ?? false;
  try {
    return parseArgs({ args: [...commandArguments], options: command.options, strict: true, allowPositionals });
  } catch (error) {
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_")) {
      throw new UsageError(printable(error.message, 300));
    }
    throw error;
  }
}

/** Without a preceding `--`, npm consumes `--stack=prod` as its own option, and the command would work on dev. */
function refuseForgottenSeparator(command: Command): void {
  for (const [option, { type }] of Object.entries(command.options)) {
    const consumed = process.env[`npm_config_${option}`];
    if (type === "string" && consumed) {
      throw new UsageError(
        `npm consumed --${option} as its own option; put -- before it: npm run ${command.name} -- --${option} ...`,
      );
    }
  }
}

async function overview(): Promise<string> {
  const lists = (await listCommands()).map(({ heading, commands }) =>
    [`${heading}:`, "", ...commands.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`)].join("\n"),
  );
  return `./redis-ha COMMAND [OPTIONS], or npm run COMMAND -- [OPTIONS]

${lists.join("\n\n")}

Help for one command: ./redis-ha COMMAND --help

Exit codes: 0 success; 1 to 9 and 255 the update, the checks or the tests failed (Pulumi's exit codes are passed on);
64 the arguments are wrong; 69 something required is missing and cannot be installed or reached; 70 a bug in redis-ha;
130 interrupted by Ctrl-C.`;
}

/** @returns the exit code */
function report(error: unknown): number {
  if (error instanceof InterruptedError) {
    return error.exitCode;
  }
  if (error instanceof OperationError) {
    console.error(`error: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof SetupError || error instanceof ProgramFailedError) {
    console.error(`error: ${error.message}`);
    return exitCodes.unavailable;
  }
  if (error instanceof SettingsError) {
    console.error(`error: ${error.message}`);
    return exitCodes.failure;
  }
  console.error(error);
  console.error("This is a bug in redis-ha.");
  return exitCodes.bug;
}
