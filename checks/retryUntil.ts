import { performance } from "node:perf_hooks";
import { CheckFailure } from "../redis/finding.ts";
import { waitFor } from "../redis/waitFor.ts";
import type { Attempt, Severity } from "./check.ts";
import type { FailedCheck, PassedCheck } from "./report.ts";

/** Settings that all checks of one verification share. */
export interface CheckContext {
  /** The deadline, on the clock of `performance.now()`. */
  readonly until: number;
  readonly progress: ((line: string) => void) | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds between two attempts. @default 50, because Sentinels and replicas act in steps of about 100 ms */
  readonly interval?: number | undefined;
}

const usualInterval = 50;

/** Milliseconds until the first progress line, and between two progress lines. */
const progressAfter = { first: 2000, next: 5000 };

/**
 * Repeats a check until it succeeds, fails permanently, or reaches its deadline. There is at least one attempt. If none
 * succeeds, the outcome has the findings of the last attempt.
 *
 * @param severity of a failure
 * @throws the signal's reason, or a bug in the check
 */
export async function retryUntil(
  name: string,
  attempt: Attempt,
  context: CheckContext,
  severity: Severity = "error",
): Promise<PassedCheck | FailedCheck> {
  const begin = performance.now();
  let nextProgressAt = begin + progressAfter.first;
  let lastFailure = new CheckFailure([]);
  const elapsed = () => performance.now() - begin;
  const failed = (): FailedCheck => {
    const findings = lastFailure.findings.map(plain);
    return { state: "failed", severity, name, findings, milliseconds: elapsed() };
  };
  const outcome = async (): Promise<PassedCheck | FailedCheck | undefined> => {
    try {
      const saw = await attempt();
      return { state: "passed", name, saw, milliseconds: elapsed() };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof CheckFailure)) {
        throw error;
      }
      lastFailure = error;
      if (error.permanent) {
        return failed();
      }
      if (performance.now() >= nextProgressAt) {
        nextProgressAt = performance.now() + progressAfter.next;
        context.progress?.(`… ${name}: ${inShort(error)} (waiting for ${Math.round(elapsed() / 1000)} s)`);
      }
      return undefined;
    }
  };
  const { interval = usualInterval, signal } = context;
  return waitFor(outcome, { timeout: context.until - begin, interval, signal, onTimeout: failed });
}

/** Shortens the findings to the first one and a count: a progress line does not list every node. */
function inShort({ findings }: CheckFailure): string {
  const [first, ...others] = findings.map(({ problem }) => problem);
  return others.length === 0 ? `${first}` : `${first}, and ${others.length} more`;
}

function plain({ problem, lookAt }: CheckFailure["findings"][number]): FailedCheck["findings"][number] {
  return { problem, lookAt };
}
