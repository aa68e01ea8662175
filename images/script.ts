import { spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { recipeFolder } from "./recipes.ts";

/** A command of a recipe that failed. */
export class RecipeError extends Error {
  /** The last lines of the command's standard error. */
  readonly lastLines: string;

  constructor(command: string, outcome: string, lastLines: string) {
    super(`${command} ${outcome}${lastLines === "" ? "" : `:\n${lastLines}`}`);
    this.name = "RecipeError";
    this.lastLines = lastLines;
  }
}

/** Runs a script of this folder to its end. */
export async function runScript(script: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const run = start("sh", [join(recipeFolder, script)], environment);
  run.output.resume();
  await run.ended;
}

/**
 * Runs the scripts of a recipe and returns the files that they write to a temporary folder, as a tar. The folder is
 * removed when the scripts end, when they fail, and when the reader closes the tar.
 */
export function tarFromScripts(scripts: readonly string[], environment: Readonly<Record<string, string>>): Readable {
  const paths = ["packed.sh", ...scripts].map((script) => join(recipeFolder, script));
  return completeOutput(start("sh", paths, environment));
}

/** Files of this folder as a tar. */
export function tarOfFiles(files: readonly string[]): Readable {
  return completeOutput(start("tar", ["--create", "--directory", recipeFolder, ...files], {}));
}

interface Run {
  readonly output: Readable;
  /** Rejects with a RecipeError if the command fails. */
  readonly ended: Promise<void>;
}

/** The number of lines of a failed command that are shown. */
const shownLines = 12;

function start(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Run {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A full disk is recognized by the system's message, so the message must be in English.
    env: { ...process.env, LC_ALL: "C.UTF-8", ...environment },
  });
  let lastLines = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastLines = (lastLines + text)
      .split("\n")
      .slice(-shownLines - 1)
      .join("\n");
  });
  const name = [command, ...args].slice(0, 2).join(" ");
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(new RecipeError(name, "could not be started", error.message)));
    child.once("close", (code, signal) =>
      code === 0
        ? resolve()
        : reject(new RecipeError(name, `ended with ${signal ?? `exit code ${code}`}`, lastLines.trim())),
    );
  });
  return { output: child.stdout, ended };
}

/**
 * The output of a command. It ends only after the command has succeeded, so that a truncated tar never looks complete.
 */
function completeOutput({ output, ended }: Run): Readable {
  const tar = new PassThrough();
  output.pipe(tar, { end: false });
  ended.then(
    () => tar.end(),
    (error: RecipeError) => tar.destroy(error),
  );
  // Without a reader the command would wait forever. If its output is closed, it fails and cleans up.
  tar.once("close", () => output.destroy());
  return tar;
}
