import type { Probe } from "../hosts/workload.ts";

/**
 * How a Redis or Sentinel process is watched: one redis-cli call every five seconds, which costs about 10 ms of CPU.
 * Loading a large file and a first copy of the data take minutes, in which the node is not well, but not ill either.
 */
export function nodeProbe(command: readonly string[]): Probe {
  return { command, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 300_000 };
}
