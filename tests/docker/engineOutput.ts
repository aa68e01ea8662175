/**
 * The lines under `Resources:` at the end of what the engine says:
 *
 *     + 26 created
 *     4 unchanged
 */
export function resources(output: string): readonly string[] {
  const [, section = ""] = output.split(/^Resources:$/m);
  const [lines = ""] = section.trimStart().split(/\n\s*\n/);
  return lines.split("\n").map((line) => line.trim());
}

/** What the engine says of an update that finds nothing to do, whatever the number. */
export const nothingChanged = /^\d+ unchanged$/;

/** The lines that checks have written, without repetitions and times, in alphabetical order. */
export function checkNames(output: string, mark: "✓" | "✗"): readonly string[] {
  const names = output.matchAll(new RegExp(`${mark} ([^:\n]+?)(?::| \\(\\d)`, "g"));
  return [...new Set([...names].map(([, name = ""]) => name))].sort();
}

/** A line of a JavaScript stack trace: a person's mistake or bad luck never shows one. */
export const stackTrace = /^\s+at .+:\d+:\d+\)?$/m;
