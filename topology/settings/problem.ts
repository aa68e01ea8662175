import { printable } from "./printable.ts";

/** One thing that is wrong with what a user wrote. */
export interface Problem {
  /** The key's path in the stack configuration, such as `sentinels.quorum`. */
  readonly path: string;
  /** What is there now, as the user wrote it; never a secret. */
  readonly got: string;
  /** What would be accepted. */
  readonly expected: string;
  /** What to do, where that is more than writing what is expected. */
  readonly advice?: string;
}

/** All that is wrong, at once: what that keeps from being done, and a line for each problem. */
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
 * `  sentinels.quorum: got 4, expected 1 to 3 (the number of Sentinels)`: always one line. A long path or value is
 * shortened.
 */
export function describeProblem(problem: Problem): string {
  const advice = problem.advice === undefined ? "" : `; ${problem.advice}`;
  const line = `${printable(problem.path)}: got ${printable(problem.got, 300)}, expected ${problem.expected}${advice}`;
  return `  ${printable(line, Number.POSITIVE_INFINITY)}`;
}
