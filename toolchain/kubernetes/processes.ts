import { readFileSync } from "node:fs";

/**
 * A process by its number and the moment it started, so that a later process with the same number is never taken for
 * it. Undefined: there is no such process, or only what a killed one leaves until it is reaped.
 */
export function identify(processId: number): string | undefined {
  const fields = statusFields(processId);
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || state === "Z" || state === "X" ? undefined : `${processId} ${startTime}`;
}

/** The number of a process noted by `identify`; undefined once it has ended. */
export function stillRunning(identity: string): number | undefined {
  const processId = Number(identity.split(" ")[0]);
  return identify(processId) === identity.trim() ? processId : undefined;
}

/** The processes that a process has started. */
export function childrenOf(processId: number): readonly number[] {
  return read(`/proc/${processId}/task/${processId}/children`).split(" ").filter(Boolean).map(Number);
}

/** What follows the name, which may hold anything, in /proc/N/stat: see proc_pid_stat(5), from field 3 on. */
function statusFields(processId: number): readonly string[] {
  const status = read(`/proc/${processId}/stat`);
  return status === "" ? [] : status.slice(status.lastIndexOf(")") + 2).split(" ");
}

/** Empty when the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) {
      return "";
    }
    throw error;
  }
}
