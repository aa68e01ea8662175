import { setTimeout as delay } from "node:timers/promises";
import type { Workload } from "./workload.ts";

/** Milliseconds within which a workload must become ready; loading some gigabytes of data takes minutes. */
export const readinessDeadline = 300_000;

/** Milliseconds between two polls of a workload that is not ready yet. */
const shortestInterval = 100;
const longestInterval = 1_000;

/** Milliseconds of waiting before the first progress line. */
const silence = 2_000;

/** A workload did not become ready in time, or failed permanently. */
export class NotReadyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotReadyError";
  }
}

/** The result of one poll of a workload. */
export type Readiness =
  | { readonly state: "ready" }
  /** `words`: the host's message about why the workload is not ready. "failed": waiting does not help. */
  | { readonly state: "waiting" | "failed"; readonly words: string };

export interface ReadinessWait {
  /** The name of the workload in progress lines. */
  readonly name: string;
  /**
   * Polls the workload once.
   *
   * @param waited milliseconds of waiting so far
   */
  readonly poll: (waited: number) => Promise<Readiness>;
  /** Makes the error to throw when the workload failed or the deadline has passed. */
  readonly failure: (words: string, waited: number) => Promise<NotReadyError>;
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with the reason why the workload is not ready, after 2 s and whenever the reason changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a failure end it */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Polls a workload until it is ready.
 *
 * @throws NotReadyError, or the reason of `signal`
 */
export async function awaitReady(wait: ReadinessWait): Promise<void> {
  const { name, poll, failure, deadline, progress, signal } = wait;
  const start = Date.now();
  let reported = "";
  for (;;) {
    const readiness = await poll(Date.now() - start);
    if (readiness.state === "ready") {
      return;
    }
    const waited = Date.now() - start;
    if (readiness.state === "failed" || waited >= deadline) {
      throw await failure(readiness.words, waited);
    }
    if (waited > silence && readiness.words !== reported) {
      reported = readiness.words;
      progress(`waiting for ${name}: ${reported}`);
    }
    await delay(pollInterval(waited), undefined, signal === undefined ? {} : { signal });
  }
}

/**
 * Milliseconds until the next poll: a tenth of the time waited so far, but at least 100 ms and at most 1 s. A fast
 * start is noticed immediately, and a slow machine is not kept busy by polls.
 */
export function pollInterval(waited: number): number {
  return Math.min(Math.max(waited / 10, shortestInterval), longestInterval);
}

/**
 * Waits for several workloads in parallel. The first failure ends the wait for the others, because they may depend on
 * the workload that failed.
 *
 * @param wait must end when its signal is aborted
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

/**
 * Finds a declared workload by its name.
 *
 * @throws Error when no such workload was declared on the host
 */
export function declaredAmong(workloads: ReadonlyMap<string, Workload>, name: string): Workload {
  const workload = workloads.get(name);
  if (workload === undefined) {
    throw new Error(`cannot wait for ${name}: it was not declared on this host`);
  }
  return workload;
}
