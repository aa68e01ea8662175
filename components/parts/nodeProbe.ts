import type { Probe } from "../../hosts/workload.ts";

/**
 * How a Redis or Sentinel process is watched: one redis-cli call every five seconds, which costs about 10 ms of CPU.
 * Loading a large file and a first copy of the data take minutes, in which the node is not well, but not ill either.
 */
export function nodeProbe(command: readonly string[]): Probe {
  return { command, interval: 5_000, timeout: 3_000, retries: 3, startPeriod: 300_000 };
}

/**
 * When a Redis or Sentinel process is given up: it has not answered anything for five minutes. An error is an answer, as
 * it gives while it reads or copies its data; a slow command may take minutes; and a master that hangs is replaced by
 * the Sentinels long before, so that nobody waits for this but the process itself.
 */
export function nodeLiveness(port: number): Probe {
  return {
    command: ["sh", "-c", `timeout 10 redis-cli -p ${port} PING`],
    interval: 30_000,
    timeout: 11_000,
    retries: 10,
    startPeriod: 300_000,
  };
}
