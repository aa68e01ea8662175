import { quantile } from "../../../drills/ledger/quantiles.ts";
import { seconds } from "../../../drills/ledger/seconds.ts";
import { type ClientKind, clientKinds, type Event, events, type Run } from "./measurement.ts";

/** What a pause is measured for: the server itself, or one kind of client. */
export type Subject = "server" | ClientKind;

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
  /** The number of pauses: one per run for the server, one per run and client for clients. */
  readonly pauses: number;
  /** The number of lost writes, and of all acknowledged writes; undefined for the server, which has no such goal. */
  readonly lost: { readonly count: number; readonly of: number } | undefined;
  readonly goals: readonly Verdict[];
}

export interface Verdict {
  /** Such as `p50 <= 3.4 s`. */
  readonly goal: string;
  readonly met: boolean;
}

/** Milliseconds. The goals of failovers are added to downAfter. */
const pauseGoals: Readonly<Record<"failover" | "planned", Readonly<Record<ClientKind, Partial<Quantiles>>>>> = {
  failover: { sentinel: { p50: 1400, p99: 2500 }, gateway: { p50: 500, p99: 800 } },
  planned: { sentinel: { p50: 400 }, gateway: { p50: 300 } },
};

/** @param downAfter milliseconds after which the Sentinels mark a silent node as down */
export function figuresOf(runs: readonly Run[], downAfter: number): readonly Figure[] {
  return events.flatMap((event) => {
    const some = runs.filter((run) => run.event === event);
    return some.length === 0
      ? []
      : [serverFigure(event, some), ...clientKinds.map((kind) => clientFigure(event, kind, some, downAfter))];
  });
}

function serverFigure(event: Event, runs: readonly Run[]): Figure {
  const pauses = runs.map(({ server }) => server);
  return { event, subject: "server", pauses: pauses.length, ...quantilesOf(pauses), lost: undefined, goals: [] };
}

function clientFigure(event: Event, kind: ClientKind, runs: readonly Run[], downAfter: number): Figure {
  const clients = runs.map((run) => run.clients[kind]);
  const pauses = clients.flatMap((one) => one.pauses);
  const quantiles = quantilesOf(pauses);
  const lost = { count: sum(clients.map((one) => one.lost)), of: sum(clients.map((one) => one.acknowledged)) };
  const base = event === "planned" ? 0 : downAfter;
  const limits = Object.entries(pauseGoals[event === "planned" ? "planned" : "failover"][kind]);
  const goals = limits.map(([name, limit]) => ({
    goal: `${name} <= ${seconds(base + limit)}`,
    met: quantiles[name as keyof Quantiles] <= base + limit,
  }));
  return {
    event,
    subject: kind,
    pauses: pauses.length,
    ...quantiles,
    lost,
    goals: [...goals, ...lossGoals(event, lost)],
  };
}

/**
 * Only a switchover may lose no write. A killed or frozen master may have acknowledged a write before replicating it.
 */
function lossGoals(event: Event, lost: { readonly count: number }): readonly Verdict[] {
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
