import { type AddressMode, addressModeNames } from "../redis/addressing.ts";
import type { Severity } from "./check.ts";

/** The outcome of one check. */
export type CheckOutcome = PassedCheck | FailedCheck | CheckNotRun;

export interface PassedCheck {
  readonly state: "passed";
  readonly name: string;
  /** A short description of what the check found. */
  readonly saw: string;
  readonly milliseconds: number;
}

export interface FailedCheck {
  readonly state: "failed";
  readonly severity: Severity;
  readonly name: string;
  readonly findings: readonly { readonly problem: string; readonly lookAt: string }[];
  readonly milliseconds: number;
}

export interface CheckNotRun {
  readonly state: "not run";
  readonly severity: Severity;
  readonly name: string;
  /** The name of the failed check that this one depends on. */
  readonly because: string;
}

/** Plain data: it can be printed as JSON. */
export interface VerificationReport {
  /** True if all checks passed, apart from those whose failure is only a warning. */
  readonly passed: boolean;
  /** How the set was reached; undefined if it was not reached. */
  readonly mode: AddressMode | undefined;
  /** In a fixed order, which does not depend on the order in which the checks ended. */
  readonly checks: readonly CheckOutcome[];
  readonly milliseconds: number;
}

/** The set does not work as planned. The message lists the findings of the failed checks. */
export class VerificationError extends Error {
  readonly report: VerificationReport;

  constructor(report: VerificationReport) {
    const notPassed = report.checks.filter(isNotPassed);
    super([describeConclusion(report), ...notPassed.map(describeOutcome)].join("\n"));
    this.name = "VerificationError";
    this.report = report;
  }
}

function isNotPassed(outcome: CheckOutcome): outcome is FailedCheck | CheckNotRun {
  return outcome.state !== "passed";
}

/** Returns true if a set with these outcomes works as planned. */
export function isPassed(outcomes: readonly CheckOutcome[]): boolean {
  return !outcomes.filter(isNotPassed).some(({ severity }) => severity === "error");
}

/** The outcomes that need attention although the set works as planned. */
export function warningsOf({ checks }: VerificationReport): readonly CheckOutcome[] {
  return checks.filter(isNotPassed).filter(({ severity }) => severity === "warning");
}

/** Renders the whole report for people: every check and a conclusion. */
export function describeReport(report: VerificationReport): string {
  return [...report.checks.map(describeOutcome), describeConclusion(report)].join("\n");
}

/**
 * Renders one check for people. A failed check is followed by its findings, each with where to look next:
 *
 *     ✓ exactly one master: redis-0 (10.1.2.3:6379) (2 ms)
 *     ✗ memory and persistence settings match the plan (3 ms)
 *         redis-2 runs with maxmemory 1000; the plan says 2000
 *         look at: redis-cli -h 10.1.2.5 -p 6379 --askpass CONFIG GET maxmemory
 *
 * A failed check whose severity is "warning" has the mark `!`.
 */
export function describeOutcome(outcome: CheckOutcome): string {
  switch (outcome.state) {
    case "passed":
      return `✓ ${outcome.name}: ${outcome.saw} (${duration(outcome.milliseconds)})`;
    case "failed":
      return [
        `${outcome.severity === "warning" ? "!" : "✗"} ${outcome.name} (${duration(outcome.milliseconds)})`,
        ...findingLines(outcome),
      ].join("\n");
    case "not run":
      return `- ${outcome.name}: not run, because this check failed: ${outcome.because}`;
  }
}

/** Renders one line: whether the set works, how many checks failed, and how long the verification took. */
export function describeConclusion(report: VerificationReport): string {
  const { passed, checks, mode, milliseconds } = report;
  const time = duration(milliseconds);
  if (passed) {
    const warnings = warningsOf(report).length;
    const count = warnings === 0 ? "" : `, ${warnings} with a warning`;
    return `verified in ${time}: ${checks.length} checks${count}, through ${addressModeNames[mode ?? "inside"]}`;
  }
  const failed = checks.filter((check) => check.state === "failed").length;
  const notRun = checks.filter((check) => check.state === "not run").length;
  const rest = notRun === 0 ? "" : `, ${notRun} not run`;
  return `the set does not work as planned: ${failed} of ${checks.length} checks failed${rest}, after ${time}`;
}

function findingLines({ findings }: FailedCheck): readonly string[] {
  return findings.flatMap(({ problem, lookAt }) => [`    ${problem}`, `    look at: ${lookAt}`]);
}

/** Formats a duration: `12 ms`, `4.2 s`. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
