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

/** The checks of a set with all its parts, as `checkNames` gives them, whatever host it runs on. */
export const checksOfWholeSet: readonly string[] = [
  "Commander shows the master's data to its user",
  "a client finds the master through the Sentinels and writes to it",
  "a write on the master reaches every replica",
  "every Sentinel answers",
  "every Sentinel names the master and knows its peers",
  "every data node answers",
  "every gateway requires a login for its statistics, and serves its metrics without one",
  "every gateway routes writes to the master and reads to a replica",
  "every metrics target is up",
  "every node refuses commands without the password",
  "every replica follows the master and is in sync",
  "exactly one master",
  "exporter and Commander require a login, and the exporter serves only the set's own metrics",
  "memory and persistence settings match the plan",
  "no Sentinel is in TILT",
  "the master has enough replicas to accept writes",
  "the set is reachable",
];

/** A line of a JavaScript stack trace: a person's mistake or bad luck never shows one. */
export const stackTrace = /^\s+at .+:\d+:\d+\)?$/m;
