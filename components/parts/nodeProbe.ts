import type { Probe } from "../../hosts/workload.ts";

/**
 * How a Redis or Sentinel process is watched on a host that acts on the result: every ten seconds, since each run starts
 * processes. A node that is not well is taken for not ready within 20 s.
 * Loading a large file and a first copy of the data take minutes, in which the node is not well, but not ill either.
 */
export function nodeProbe(command: readonly string[]): Probe {
  return { command, interval: 10_000, timeout: 3_000, retries: 2, startPeriod: 300_000 };
}

/**
 * A Redis or Sentinel process counts as dead when it has given no answer for five minutes. An error is an answer, such as
 * while the node loads or copies its data, and a slow command may take minutes. The Sentinels replace a master that hangs
 * long before, so no client waits for this.
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
