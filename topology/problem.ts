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

/** All that is wrong with a stack's configuration, at once. */
export class SettingsError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(
      `the stack's configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map(describeProblem).join("\n")}`,
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/** `  sentinels.quorum: got 4, expected 1 to 3 (the number of Sentinels)` */
export function describeProblem(problem: Problem): string {
  const advice = problem.advice === undefined ? "" : `; ${problem.advice}`;
  return `  ${problem.path}: got ${problem.got}, expected ${problem.expected}${advice}`;
}
