import { printable } from "./printable.ts";

/** One problem in the settings that a user wrote. */
export interface Problem {
  /** The key's path in the stack configuration, such as `sentinels.quorum`. */
  readonly path: string;
  /** The current value as the user wrote it. Never a secret. */
  readonly got: string;
  /** What would be accepted. */
  readonly expected: string;
  /** The next step, if it is more than writing an expected value. */
  readonly advice?: string;
}

/** All problems at once: a headline that names the consequence, and one line for each problem. */
export abstract class ProblemsError extends Error {
  readonly problems: readonly Problem[];

  constructor(headline: string, problems: readonly Problem[]) {
    super(`${headline}:\n${problems.map(describeProblem).join("\n")}`);
    this.name = new.target.name;
    this.problems = problems;
  }
}

/** All that is wrong with a stack's configuration. */
export class SettingsError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    super(`the stack's configuration has ${count}`, problems);
  }
}

/**
 * Formats a problem as one line: `  sentinels.quorum: got 4, expected 1 to 3 (the number of Sentinels)`. A long path or
 * value is shortened.
 */
export function describeProblem(problem: Problem): string {
  const advice = problem.advice === undefined ? "" : `; ${problem.advice}`;
  const line = `${printable(problem.path)}: got ${printable(problem.got, 300)}, expected ${problem.expected}${advice}`;
  return `  ${printable(line, Number.POSITIVE_INFINITY)}`;
}
