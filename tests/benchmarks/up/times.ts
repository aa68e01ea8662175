/** Milliseconds of everything that is measured in one round. */
export type Times<Measured extends string> = Readonly<Record<Measured, number>>;

/** What is measured on one target, in words, and what is hoped for. */
export interface Yardstick<Measured extends string> {
  /** In the order of the table. */
  readonly labels: Readonly<Record<Measured, string>>;
  readonly goals: readonly Goal<Measured>[];
}

/** That the median of something is not above a limit, which the other medians set. */
export interface Goal<Measured extends string> {
  /** With the letters of the table: `b <= 1.3 x a`. */
  readonly words: string;
  readonly of: Measured;
  /** Milliseconds. */
  limit(medians: Times<Measured>): number;
}

/** What became of a benchmark, for people. */
export interface Verdict {
  /** A table in Markdown, and a line for each goal. */
  readonly text: string;
  readonly met: boolean;
}

/** @param rounds one at least */
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

/** In the order of the table, as seconds. */
export function describeRound<Measured extends string>(
  { labels }: Yardstick<Measured>,
  round: Times<Measured>,
): string {
  return (Object.keys(labels) as Measured[]).map((name) => seconds(round[name])).join(", ");
}

/** Of an even number, the middle between the two in the middle. */
function median(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}
