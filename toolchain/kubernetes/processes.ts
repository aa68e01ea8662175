import { readFileSync } from "node:fs";

/**
 * Returns a text that identifies a process by its process id and its start time. A later process with the same id has
 * another start time. Returns undefined if there is no such process, or only a zombie.
 */
export function identify(processId: number): string | undefined {
  const fields = statusFields(processId);
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || state === "Z" || state === "X" ? undefined : `${processId} ${startTime}`;
}

/** Returns the process id of a process that `identify` has identified; undefined if the process has ended. */
export function stillRunning(identity: string): number | undefined {
  const processId = Number(identity.split(" ")[0]);
  return identify(processId) === identity.trim() ? processId : undefined;
}

/** Returns the child processes of a process. */
export function childrenOf(processId: number): readonly number[] {
  return read(`/proc/${processId}/task/${processId}/children`).split(" ").filter(Boolean).map(Number);
}

/**
 * Returns the fields of /proc/N/stat from field 3 on, see proc_pid_stat(5). Field 2 is the name of the process, which
 * can contain spaces and parentheses.
 */
function statusFields(processId: number): readonly string[] {
  const status = read(`/proc/${processId}/stat`);
  return status === "" ? [] : status.slice(status.lastIndexOf(")") + 2).split(" ");
}

/** Reads a file of a process. Returns an empty text if the process has ended. */
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
