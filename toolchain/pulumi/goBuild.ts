import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramFailedError, runQuietly } from "../base/childProcess.mjs";
import { findOnPath } from "../base/searchPath.ts";
import { SetupError } from "../base/setupError.mjs";

/** Programs to be built from a Go module. Its go.sum pins the checksums of all dependencies. */
export interface GoPrograms {
  /** The folder with go.mod and go.sum. */
  readonly directory: string;
  /** Import paths, or paths relative to the directory. */
  readonly packages: readonly string[];
  /** The path of the executable. With a slash at the end: the folder for executables named after their packages. */
  readonly output: string;
  /** Values of string variables that the linker sets. The key is the import path and name of the variable. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
}

/**
 * Compiles and links static programs without debugging symbols. Go takes packages that it has compiled before from its
 * own cache.
 *
 * @param advice what the user can do if the build fails
 * @param report receives the number of compiled packages, out of those that are not in Go's cache
 * @throws SetupError if the build fails
 */
export async function goBuild(
  programs: GoPrograms,
  advice: string,
  environment: NodeJS.ProcessEnv,
  report: (progress: string) => void = () => undefined,
): Promise<void> {
  const variables = Object.entries(programs.variables).map(([name, value]) => `-X ${name}=${value}`);
  const flags = [
    ...["-trimpath", "-mod=readonly", "-buildvcs=false"],
    `-tags=${(programs.tags ?? []).join(",")}`,
    `-ldflags=${["-s", "-w", ...variables].join(" ")}`,
  ];
  const go: Go = (commandLine, takeProgress) =>
    runGo(commandLine, programs.directory, advice, environment, takeProgress);
  const missing = await packagesToCompile(go, flags, programs.packages, report);
  const compiled = new Set<string>();
  await go(["build", "-v", ...flags, "-o", programs.output, ...programs.packages], (line) => {
    if (!missing.has(line)) {
      return false;
    }
    compiled.add(line);
    const isLinking = compiled.size === missing.size;
    report(isLinking ? `linking ${missing.size} packages` : `${compiled.size} of ${missing.size} packages compiled`);
    return true;
  });
}

type Go = (commandLine: readonly string[], takeProgress: (line: string) => boolean) => Promise<string>;

/** Returns the packages that are not in Go's cache. Downloads their modules if necessary. */
async function packagesToCompile(
  go: Go,
  flags: readonly string[],
  packages: readonly string[],
  report: (progress: string) => void,
): Promise<ReadonlySet<string>> {
  let downloads = 0;
  const template = "{{if .Stale}}{{.ImportPath}}{{end}}";
  const list = await go(["list", "-deps", "-f", template, ...flags, ...packages], (line) => {
    const isDownload = line.startsWith("go: downloading ");
    if (isDownload) {
      downloads += 1;
      report(`${downloads} modules downloaded`);
    }
    return isDownload;
  });
  return new Set(list.split("\n").filter((line) => line !== ""));
}

/**
 * Downloads one of the modules in a go.mod. Go checks the module against go.sum.
 *
 * @returns the folder of the module, whose files must not be changed
 * @throws SetupError if the download fails
 */
export async function goModuleFolder(
  directory: string,
  module: string,
  advice: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const answer = await runGo(["mod", "download", "-json", module], directory, advice, environment);
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

async function runGo(
  commandLine: readonly string[],
  directory: string,
  advice: string,
  environment: NodeJS.ProcessEnv,
  takeProgress: (line: string) => boolean = () => false,
): Promise<string> {
  if (findOnPath("go", environment) === undefined) {
    throw new SetupError("there is no `go` on PATH", `install Go, https://go.dev/doc/install, or ${advice}`);
  }
  // A Go workspace around the clone and the user's own flags must not change the build.
  const settings = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" };
  try {
    return await runQuietly("go", commandLine, {
      directory,
      environment: { ...environment, ...settings },
      takeProgress,
    });
  } catch (error) {
    if (error instanceof ProgramFailedError) {
      throw new SetupError(error.message, advice, { cause: error });
    }
    throw error;
  }
}

/**
 * Returns 12 hexadecimal digits that change when the input of a build changes.
 *
 * @param folder the names and contents of all files in this folder count as input
 * @param parameters further input of the build
 */
export async function recipeDigest(folder: string, parameters: unknown = undefined): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.toSorted().map(async (file) => [file.slice(folder.length), await readFile(file, "utf8")]),
  );
  return createHash("sha256")
    .update(JSON.stringify([contents, parameters]))
    .digest("hex")
    .slice(0, 12);
}
