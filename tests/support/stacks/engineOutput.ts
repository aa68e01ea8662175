/**
 * The lines under `Resources:` at the end of the engine's output:
 *
 *     + 26 created
 *     4 unchanged
 */
export function resources(output: string): readonly string[] {
  const [, section = ""] = output.split(/^Resources:$/m);
  const [lines = ""] = section.trimStart().split(/\n\s*\n/);
  return lines.split("\n").map((line) => line.trim());
}

/** The summary line of an update that changes nothing. */
export const nothingChanged = /^\d+ unchanged$/;

/** The names of the checks in the output, without duplicates, in alphabetical order. */
export function checkNames(output: string, mark: "✓" | "✗"): readonly string[] {
  const names = output.matchAll(new RegExp(`${mark} ([^:\n]+?)(?::| \\(\\d)`, "g"));
  return [...new Set([...names].map(([, name = ""]) => name))].sort();
}

/** The checks of a set with all its parts, as `checkNames` returns them on every host. */
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

/** A line of a JavaScript stack trace. An error of a user or of the environment must not print one. */
export const stackTrace = /^\s+at .+:\d+:\d+\)?$/m;
