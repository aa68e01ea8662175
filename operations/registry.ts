import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "./command.ts";

/** The folders that contain commands, with the heading of each list. A file that exports `command` is a command. */
const groups = {
  commands: "Commands for operators of sets",
  development: "Commands for developers of this project",
} as const;

export interface CommandGroup {
  readonly heading: string;
  /** Sorted by name. */
  readonly commands: readonly Command[];
}

/**
 * Loads one command. The command `bench:up` is in the file benchUp.ts.
 *
 * @returns undefined if there is no such command
 */
export async function findCommand(name: string): Promise<Command | undefined> {
  const file = `${name.replace(/:([a-z])/g, (_, letter: string) => letter.toUpperCase())}.ts`;
  for (const folder of Object.keys(groups)) {
    if ((await filesOf(folder)).includes(file)) {
      const command = await load(folder, file);
      if (command?.name === name) {
        return command;
      }
    }
  }
  return undefined;
}

/** Loads all commands. */
export function listCommands(): Promise<readonly CommandGroup[]> {
  return Promise.all(
    Object.entries(groups).map(async ([folder, heading]) => {
      const loaded = await Promise.all((await filesOf(folder)).map((file) => load(folder, file)));
      const commands = loaded.filter((command) => command !== undefined);
      return { heading, commands: commands.toSorted((one, other) => one.name.localeCompare(other.name, "en")) };
    }),
  );
}

async function filesOf(folder: string): Promise<readonly string[]> {
  return (await readdir(join(import.meta.dirname, folder))).filter((file) => file.endsWith(".ts"));
}

/** Returns undefined for a file that exports no command, such as a shared helper. */
async function load(folder: string, file: string): Promise<Command | undefined> {
  const module: unknown = await import(pathToFileURL(join(import.meta.dirname, folder, file)).href);
  return (module as { readonly command?: Command }).command;
}
