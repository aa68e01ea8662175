import { performance } from "node:perf_hooks";
import { CheckFailure } from "../redis/finding.ts";
import { waitFor } from "../redis/waitFor.ts";
import type { Attempt, Severity } from "./check.ts";
import type { FailedCheck, PassedCheck } from "./report.ts";

/** What all checks of one verification share. */
export interface CheckContext {
  /** On the clock of `performance.now()`. */
  readonly until: number;
  readonly progress: ((line: string) => void) | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds between two attempts. @default 50: Sentinels and replicas change their minds in steps of about 100 */
  readonly interval?: number | undefined;
}

const usualInterval = 50;

/** Milliseconds after which a person is told what is being waited for, and between two such lines. */
const progressAfter = { first: 2000, next: 5000 };

/**
 * Attempts until one succeeds, waiting is of no use, or time is up. There is always one attempt, and the last one's
 * failure is the one reported.
 *
 * @param severity of a failure
 * @throws the signal's reason, or a bug in the check
 */
export async function retryUntil(
  name: string,
  attempt: Attempt,
  watch: CheckContext,
  severity: Severity = "error",
): Promise<PassedCheck | FailedCheck> {
  const begin = performance.now();
  let tellAt = begin + progressAfter.first;
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
      watch.signal.throwIfAborted();
      if (!(error instanceof CheckFailure)) {
        throw error;
      }
      lastFailure = error;
      if (error.permanent) {
        return failed();
      }
      if (performance.now() >= tellAt) {
        tellAt = performance.now() + progressAfter.next;
        watch.progress?.(`… ${name}: ${inShort(error)} (waiting for ${Math.round(elapsed() / 1000)} s)`);
      }
      return undefined;
    }
  };
  const { interval = usualInterval, signal } = watch;
  return waitFor(outcome, { timeout: watch.until - begin, interval, signal, onTimeout: failed });
}

/** Every node may have something to say; while waiting, one is enough. */
function inShort({ findings }: CheckFailure): string {
  const [first, ...others] = findings.map(({ problem }) => problem);
  return others.length === 0 ? `${first}` : `${first}, and ${others.length} more`;
}

function plain({ problem, lookAt }: CheckFailure["findings"][number]): FailedCheck["findings"][number] {
  return { problem, lookAt };
}
