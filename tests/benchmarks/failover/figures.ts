import { quantile } from "../../../drills/ledger/quantiles.ts";
import { seconds } from "../../../drills/ledger/seconds.ts";
import { type Event, events, type Run, type Way, ways } from "./measurement.ts";

/** Who was served again: the server itself, or clients by one of the ways to it. */
export type Subject = "server" | Way;

/** Milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One row of the table. */
export interface Figure extends Quantiles {
  readonly event: Event;
  readonly subject: Subject;
  /** How many pauses it is about: one a run, or one a client and run. */
  readonly pauses: number;
  /** Acknowledged writes that were lost, of all acknowledged; undefined for the server, which promises nothing. */
  readonly lost: { readonly count: number; readonly of: number } | undefined;
  readonly goals: readonly Verdict[];
}

export interface Verdict {
  /** Such as `p50 <= 3.4 s`. */
  readonly goal: string;
  readonly met: boolean;
}

/** Milliseconds; those of failovers come on top of down-after. */
const pauseGoals: Readonly<Record<"failover" | "planned", Readonly<Record<Way, Partial<Quantiles>>>>> = {
  failover: { sentinel: { p50: 1400, p99: 2500 }, gateway: { p50: 500, p99: 800 } },
  planned: { sentinel: { p50: 400 }, gateway: { p50: 300 } },
};

/** @param downAfter milliseconds after which the Sentinels take a silent node for down */
export function figuresOf(runs: readonly Run[], downAfter: number): readonly Figure[] {
  return events.flatMap((event) => {
    const some = runs.filter((run) => run.event === event);
    return some.length === 0
      ? []
      : [serverFigure(event, some), ...ways.map((way) => wayFigure(event, way, some, downAfter))];
  });
}

function serverFigure(event: Event, runs: readonly Run[]): Figure {
  const pauses = runs.map(({ server }) => server);
  return { event, subject: "server", pauses: pauses.length, ...quantilesOf(pauses), lost: undefined, goals: [] };
}

function wayFigure(event: Event, way: Way, runs: readonly Run[], downAfter: number): Figure {
  const clients = runs.map((run) => run.clients[way]);
  const pauses = clients.flatMap((one) => one.pauses);
  const quantiles = quantilesOf(pauses);
  const lost = { count: sum(clients.map((one) => one.lost)), of: sum(clients.map((one) => one.acknowledged)) };
  const base = event === "planned" ? 0 : downAfter;
  const limits = Object.entries(pauseGoals[event === "planned" ? "planned" : "failover"][way]);
  const goals = limits.map(([name, limit]) => ({
    goal: `${name} <= ${seconds(base + limit)}`,
    met: quantiles[name as keyof Quantiles] <= base + limit,
  }));
  return { event, subject: way, pauses: pauses.length, ...quantiles, lost, goals: [...goals, ...promise(event, lost)] };
}

/** When it is killed or frozen, a master may just have answered a client, and not yet sent to its replicas. */
function promise(event: Event, lost: { readonly count: number }): readonly Verdict[] {
  return event === "planned" ? [{ goal: "0 lost", met: lost.count === 0 }] : [];
}

function quantilesOf(pauses: readonly number[]): Quantiles {
  return {
    p50: quantile(pauses, 0.5),
    p90: quantile(pauses, 0.9),
    p99: quantile(pauses, 0.99),
    max: quantile(pauses, 1),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
