/** The times of one round in milliseconds, by measurement. */
export type Times<Measured extends string> = Readonly<Record<Measured, number>>;

/** The labels of the measurements on one target, and the goals. */
export interface Yardstick<Measured extends string> {
  /** In the order of the table. */
  readonly labels: Readonly<Record<Measured, string>>;
  readonly goals: readonly Goal<Measured>[];
}

/** A goal: the median of a measurement is not above a limit, which depends on the other medians. */
export interface Goal<Measured extends string> {
  /** With the letters of the table: `b <= 1.3 x a`. */
  readonly words: string;
  readonly of: Measured;
  /** Milliseconds. */
  limit(medians: Times<Measured>): number;
}

/** The result of a benchmark. */
export interface Verdict {
  /** A table in Markdown, and a line for each goal. */
  readonly text: string;
  readonly met: boolean;
}

/** @param rounds at least one */
export function judgeTimes<Measured extends string>(
  { labels, goals }: Yardstick<Measured>,
  rounds: readonly Times<Measured>[],
): Verdict {
  const measured = Object.keys(labels) as Measured[];
  const rows = measured.map((name) => {
    const times = rounds.map((round) => round[name]);
    return [labels[name], ...[Math.min(...times), median(times), Math.max(...times)].map(seconds)];
  });
  const medians = Object.fromEntries(
    measured.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as Times<Measured>;
  const verdicts = goals.map(({ words, of, limit }) => {
    const [is, most] = [medians[of], limit(medians)];
    return { met: is <= most, line: `${is <= most ? "✓" : "✗"} ${words}: ${seconds(is)} and ${seconds(most)}` };
  });
  const heading = [`${rounds.length} rounds, seconds`, "minimum", "median", "maximum"];
  const table = [heading, heading.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return {
    text: [...table, "", ...verdicts.map(({ line }) => line), ""].join("\n"),
    met: verdicts.every(({ met }) => met),
  };
}

/** The times of a round in seconds, in the order of the table. */
export function describeRound<Measured extends string>(
  { labels }: Yardstick<Measured>,
  round: Times<Measured>,
): string {
  return (Object.keys(labels) as Measured[]).map((name) => seconds(round[name])).join(", ");
}

/** For an even number of times, the mean of the two middle ones. */
function median(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}
