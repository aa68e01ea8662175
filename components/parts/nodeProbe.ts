import type { Probe } from "../../hosts/workload.ts";

/**
 * The readiness probe of a Redis or Sentinel process. It runs every ten seconds, because each run starts processes. A
 * node that fails it is marked as not ready within 20 s. The start period is long because loading a large file, or a
 * first full synchronization, takes minutes: the node is not ready during this time, but it works correctly.
 */
export function nodeProbe(command: readonly string[]): Probe {
  return { command, interval: 10_000, timeout: 3_000, retries: 2, startPeriod: 300_000 };
}

/**
 * The liveness probe of a Redis or Sentinel process. A process that does not answer for five minutes is dead. An error
 * is an answer, for example while the node loads or copies its data. The time is long because a slow command may take
 * minutes. No client waits for it: the Sentinels replace a master that hangs much earlier.
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
