import { type AddressMode, addressModeNames } from "../redis/addressing.ts";
import type { Severity } from "./check.ts";

/** What became of one check. */
export type CheckOutcome = PassedCheck | FailedCheck | CheckNotRun;

export interface PassedCheck {
  readonly state: "passed";
  readonly name: string;
  /** What it saw, in a few words. */
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
  /** The check that it needs and that did not pass. */
  readonly because: string;
}

/** Plain data: it can be printed as JSON. */
export interface VerificationReport {
  /** Whether all checks passed but those whose failure is a warning. */
  readonly passed: boolean;
  /** How the set was reached; undefined when it was not. */
  readonly mode: AddressMode | undefined;
  /** In a fixed order, whatever order they ended in. */
  readonly checks: readonly CheckOutcome[];
  readonly milliseconds: number;
}

/** The set does not work as planned. The message is the failed checks' own words. */
export class VerificationError extends Error {
  readonly report: VerificationReport;

  constructor(report: VerificationReport) {
    const troubled = report.checks.filter(isTroubled);
    super([describeConclusion(report), ...troubled.map(describeOutcome)].join("\n"));
    this.name = "VerificationError";
    this.report = report;
  }
}

type Troubled = FailedCheck | CheckNotRun;

function isTroubled(outcome: CheckOutcome): outcome is Troubled {
  return outcome.state !== "passed";
}

/** Whether a set with these outcomes works as planned. */
export function isPassed(outcomes: readonly CheckOutcome[]): boolean {
  return !outcomes.filter(isTroubled).some(({ severity }) => severity === "error");
}

/** What is to be looked at although the set works as planned. */
export function warningsOf({ checks }: VerificationReport): readonly CheckOutcome[] {
  return checks.filter(isTroubled).filter(({ severity }) => severity === "warning");
}

/** The whole report for people: a line for each check and a conclusion. */
export function describeReport(report: VerificationReport): string {
  return [...report.checks.map(describeOutcome), describeConclusion(report)].join("\n");
}

/**
 * One check for people; of a failed one, each finding and where to look:
 *
 *     ✓ exactly one master: redis-0 (10.1.2.3:6379) (2 ms)
 *     ✗ memory and persistence are as planned (3 ms)
 *         redis-2 runs with maxmemory 1000; the plan says 2000
 *         look at: redis-cli -h 10.1.2.5 -p 6379 --askpass CONFIG GET maxmemory
 *
 * The mark of a failed check that is a warning is `!`.
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
      return `- ${outcome.name}: not run, because this failed: ${outcome.because}`;
  }
}

/** One line: whether it works, how many checks failed and how long it took. */
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

/** `12 ms`, `4.2 s`. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
