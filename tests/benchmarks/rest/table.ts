/** Shares of one core, where 1 is a whole core. */
export interface RestShares {
  /** The containers, by the name of their part. */
  readonly parts: Readonly<Record<string, number>>;
  /** The container engine's own processes. */
  readonly engine: number;
  /** The whole machine, with the set up and with the set down. */
  readonly machineUp: number;
  readonly machineDown: number;
}

/** The share of one core that an idle set may use. */
const goal = 0.05;

/** Returns a table in Markdown with a line for the goal, and whether the goal is met. */
export function judgeRest({ parts, engine, machineUp, machineDown }: RestShares): {
  readonly text: string;
  readonly met: boolean;
} {
  const cost = machineUp - machineDown;
  const met = cost <= goal;
  const rows = [
    ...Object.entries(parts).toSorted(([one], [other]) => one.localeCompare(other)),
    ["container engine", engine] as const,
    ["machine, set up", machineUp] as const,
    ["machine, set down", machineDown] as const,
    ["set up minus set down", cost] as const,
  ].map(([name, share]) => `| ${name} | ${percent(share)} |`);
  const verdict = `${met ? "✓" : "✗"} at most ${percent(goal)} of one core: ${percent(cost)}`;
  return { text: ["| CPU time | of one core |", "| --- | --- |", ...rows, "", verdict, ""].join("\n"), met };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
