import { setTimeout as delay } from "node:timers/promises";
import type { Workload } from "./workload.ts";

/** Milliseconds a workload has to become ready; loading some gigabytes of data takes minutes. */
export const READINESS_DEADLINE = 300_000;

/** Milliseconds between two looks at a workload that is not ready yet. */
const SHORTEST_INTERVAL = 100;
const LONGEST_INTERVAL = 1_000;

/** Milliseconds of waiting without a progress line. */
const SILENCE = 2_000;

/** A workload that did not become ready in time, or failed for good. */
export class NotReadyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotReadyError";
  }
}

/** What one look at a workload found. */
export type Readiness =
  | { readonly state: "ready" }
  /** `words`: what it lacks, in the host's own words. "failed": waiting does not help. */
  | { readonly state: "waiting" | "failed"; readonly words: string };

export interface ReadinessWait {
  /** As progress lines name the workload. */
  readonly name: string;
  /** @param waited milliseconds so far */
  readonly look: (waited: number) => Promise<Readiness>;
  /** What to throw when the workload failed, or time is up. */
  readonly failure: (words: string, waited: number) => Promise<NotReadyError>;
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with what the workload lacks, after 2 s and whenever that changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a failure end it */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at a workload until it is ready.
 *
 * @throws NotReadyError; the reason of `signal`
 */
export async function awaitReady(wait: ReadinessWait): Promise<void> {
  const { name, look, failure, deadline, progress, signal } = wait;
  const start = Date.now();
  let reported = "";
  for (;;) {
    const readiness = await look(Date.now() - start);
    if (readiness.state === "ready") {
      return;
    }
    const waited = Date.now() - start;
    if (readiness.state === "failed" || waited >= deadline) {
      throw await failure(readiness.words, waited);
    }
    if (waited > SILENCE && readiness.words !== reported) {
      reported = readiness.words;
      progress(`waiting for ${name}: ${reported}`);
    }
    await delay(nextLook(waited), undefined, signal === undefined ? {} : { signal });
  }
}

/**
 * Milliseconds until the next look: a tenth of the time waited so far, within 100 ms and 1 s. A quick start is noticed at
 * once, and a slow machine is not kept busy by looks.
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
