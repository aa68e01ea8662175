import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The file a shell would run for `name`; undefined when there is none. */
export function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The environment with a folder that is searched before all others. */
export function withFolderFirst(folder: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: [folder, environment["PATH"]].filter(Boolean).join(delimiter) };
}

/** The environment with a folder that is searched only for what no other has. */
export function withFolderLast(folder: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: [environment["PATH"], folder].filter(Boolean).join(delimiter) };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
