import type { Drill, DrillResult } from "../../../drills/drill.ts";
import { movedAt, runDrill } from "../../../drills/drill.ts";
import type { DrilledSet } from "../../../drills/drilledSet.ts";
import { ioredisClient } from "../../../drills/ledger/ledgerClient.ts";
import { timeLine } from "../../../drills/ledger/pauses.ts";
import type { NodeFaults } from "../../../drills/nodeFaults.ts";
import type { TrafficPlan } from "../../../drills/traffic.ts";

/** What happens to the master. */
export const events = ["killed", "frozen", "planned"] as const;
export type Event = (typeof events)[number];

/** Through whom a client comes to the master. */
export const ways = ["sentinel", "gateway"] as const;
export type Way = (typeof ways)[number];

/** What one run has shown. Times are in milliseconds. */
export interface Run {
  readonly event: Event;
  /** From the last write that the old master took to the first that the new one took. */
  readonly server: number;
  readonly clients: Readonly<Record<Way, ClientsRun>>;
  /** In which two nodes took writes at once. */
  readonly twoMasters: number;
  /** From when all was undone until every check passed. */
  readonly well: number;
  readonly history: History;
}

export interface ClientsRun {
  /** Each client's longest time without an acknowledgement. */
  readonly pauses: readonly number[];
  readonly acknowledged: number;
  /** Acknowledged writes that were not there at the end. */
  readonly lost: number;
}

/** One run as it went, for a picture; times in milliseconds from the event on. */
export interface History {
  readonly marks: readonly { readonly at: number; readonly event: string }[];
  /** Acknowledged writes in each piece of this many milliseconds. */
  readonly piece: number;
  readonly acknowledged: Readonly<Record<Way, readonly { readonly at: number; readonly writes: number }[]>>;
}

/** Milliseconds that clients have to be served by the new master. */
const LIMIT = 20_000;

/** Milliseconds of a piece of a history. */
const PIECE = 100;

/** Lets one thing happen to the master of a set that is well, and returns what its clients saw. */
export async function measure(event: Event, set: DrilledSet, faults: NodeFaults): Promise<Run> {
  const result = await runDrill(set, drills(faults)[event], traffic);
  return {
    event,
    server: serverPause(result),
    clients: { sentinel: clientsRun(result, "sentinel"), gateway: clientsRun(result, "gateway") },
    twoMasters: result.twoMasters,
    well: result.wellAt - result.recoveredAt,
    history: historyOf(event, result),
  };
}

function drills(faults: NodeFaults): Readonly<Record<Event, Drill>> {
  const moved = { servedBy: "another node", limit: LIMIT } as const;
  return {
    killed: { ...moved, inject: (master) => faults.kill(master), recover: (master) => faults.start(master) },
    frozen: { ...moved, inject: (master) => faults.freeze(master), recover: (master) => faults.thaw(master) },
    planned: { ...moved, inject: (master) => faults.handOver(master) },
  };
}

/** Eight clients of each kind, 2,000 writes a second together. */
const traffic: TrafficPlan<Way> = ({ clients }) => {
  const half = { writers: 8, writesPerSecond: 1000, follow: true };
  return {
    sentinel: { ...half, client: () => ioredisClient(clients.throughSentinels()) },
    gateway: { ...half, client: () => ioredisClient(clients.throughGateway()) },
  };
};

function serverPause(result: DrillResult<Way>): number {
  const { writable, master, injectedAt } = result;
  const last = writable.filter(({ node, from }) => node === master && from <= injectedAt).map(({ to }) => to);
  return movedAt(result) - Math.max(...last);
}

function clientsRun({ clients }: DrillResult<Way>, way: Way): ClientsRun {
  const { pauses, acknowledged, lost } = clients[way].report;
  return { pauses: pauses.map(({ length }) => length), acknowledged, lost: lost.count };
}

function historyOf(event: Event, result: DrillResult<Way>): History {
  const { injectedAt } = result;
  const marks = [
    { at: 0, event: `the master is ${MARKS[event]}` },
    { at: movedAt(result) - injectedAt, event: "the new master takes writes" },
    ...(event === "planned" ? [] : [{ at: result.recoveredAt - injectedAt, event: "the old master is back" }]),
    { at: result.wellAt - injectedAt, event: "all checks pass" },
  ];
  const acknowledged = (way: Way) => {
    const { record } = result.clients[way];
    const shift = record.startedAt - injectedAt;
    return timeLine(record, PIECE).map((bucket) => ({ at: bucket.at + shift, writes: bucket.acknowledged }));
  };
  return {
    marks,
    piece: PIECE,
    acknowledged: { sentinel: acknowledged("sentinel"), gateway: acknowledged("gateway") },
  };
}

const MARKS: Readonly<Record<Event, string>> = { killed: "killed", frozen: "frozen", planned: "asked to hand over" };
