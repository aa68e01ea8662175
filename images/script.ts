import { spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { RECIPE_FOLDER } from "./recipes.ts";

/** A command of a recipe that failed. */
export class RecipeError extends Error {
  /** The last lines it wrote to its standard error. */
  readonly said: string;

  constructor(command: string, outcome: string, said: string) {
    super(`${command} ${outcome}${said === "" ? "" : `:\n${said}`}`);
    this.name = "RecipeError";
    this.said = said;
  }
}

/** Runs a script of this room to its end. */
export async function runScript(script: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const run = start("sh", [join(RECIPE_FOLDER, script)], environment);
  run.output.resume();
  await run.ended;
}

/**
 * What the scripts of a recipe put into a folder, as a tar. The folder is a temporary one and goes away with the
 * scripts: when they are done, when they fail, and when the reader of the tar goes away.
 */
export function tarFromScripts(scripts: readonly string[], environment: Readonly<Record<string, string>>): Readable {
  const paths = ["packed.sh", ...scripts].map((script) => join(RECIPE_FOLDER, script));
  return whole(start("sh", paths, environment));
}

/** Files of this room as a tar. */
export function tarOfFiles(files: readonly string[]): Readable {
  return whole(start("tar", ["--create", "--directory", RECIPE_FOLDER, ...files], {}));
}

interface Run {
  readonly output: Readable;
  /** Rejects with a RecipeError when the command fails. */
  readonly ended: Promise<void>;
}

/** Lines of a failing command that are worth showing. */
const LAST_LINES = 12;

function start(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Run {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A full disk is told apart by the system's own words, so they have to be English.
    env: { ...process.env, LC_ALL: "C.UTF-8", ...environment },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text)
      .split("\n")
      .slice(-LAST_LINES - 1)
      .join("\n");
  });
  const name = [command, ...args].slice(0, 2).join(" ");
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(new RecipeError(name, "could not be started", error.message)));
    child.once("close", (code, signal) =>
      code === 0
        ? resolve()
        : reject(new RecipeError(name, `ended with ${signal ?? `exit code ${code}`}`, said.trim())),
    );
  });
  return { output: child.stdout, ended };
}

/** The output of a command, ending only when the command has succeeded: a tar that is cut short must not look whole. */
function whole({ output, ended }: Run): Readable {
  const tar = new PassThrough();
  output.pipe(tar, { end: false });
  ended.then(
    () => tar.end(),
    (error: RecipeError) => tar.destroy(error),
  );
  // Without a reader the command would wait for one for ever; with its output closed it fails and cleans up.
  tar.once("close", () => output.destroy());
  return tar;
}
