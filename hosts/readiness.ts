import type { Workload } from "./workload.ts";

/** Milliseconds a workload has to become ready; loading some gigabytes of data takes minutes. */
export const READINESS_DEADLINE = 300_000;

/** Milliseconds between two looks at a workload that is not ready yet. */
const SHORTEST_INTERVAL = 100;
const LONGEST_INTERVAL = 1_000;

/**
 * Milliseconds until the next look: a tenth of the time waited so far, within 100 ms and 1 s. A quick start is noticed
 * at once, and a slow machine is not kept busy by questions.
 */
export function nextLook(waited: number): number {
  return Math.min(Math.max(waited / 10, SHORTEST_INTERVAL), LONGEST_INTERVAL);
}

/**
 * Waits for several workloads at once. The first that fails ends the wait for the others, which may wait for just that
 * one.
 *
 * @param wait must end when its signal says so
 */
export async function awaitEach(
  names: readonly string[],
  wait: (name: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.all(names.map((name) => wait(name, end.signal)));
  } finally {
    end.abort();
  }
}

/** @throws when no such workload was declared on the host */
export function declaredAmong(workloads: ReadonlyMap<string, Workload>, name: string): Workload {
  const workload = workloads.get(name);
  if (workload === undefined) {
    throw new Error(`${name} is awaited, and was not declared on this host`);
  }
  return workload;
}
