import { printable } from "../topology/settings/printable.ts";
import { parseDuration } from "../topology/settings/quantities.ts";
import { UsageError } from "./command.ts";

/**
 * Reads a whole number above zero, as in `--rounds 5`.
 *
 * @throws UsageError
 */
export function readCount(option: string, text: string, most: number): number {
  const count = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= most)) {
    throw new UsageError(`${option} takes a whole number from 1 to ${most}, not ${printable(text)}`);
  }
  return count;
}

/**
 * Reads a time with its unit, as in `--deadline 30s`.
 *
 * @returns milliseconds
 * @throws UsageError
 */
export function readTime(option: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    throw new UsageError(`${option} takes a time with its unit, such as 500ms, 30s or 2m, not ${printable(text)}`);
  }
  return milliseconds;
}

/**
 * Reads one of several values by its name.
 *
 * @throws UsageError
 */
export function readChoice<Value>(option: string, choices: Readonly<Record<string, Value>>, name: string): Value {
  const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (choice === undefined) {
    throw new UsageError(`${option} takes ${joinChoices(Object.keys(choices))}, not ${printable(name)}`);
  }
  return choice;
}

/** Joins names, as in `docker, kubernetes or both`. */
function joinChoices(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
