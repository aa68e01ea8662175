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

/** The kinds of clients, by what leads them to the master. */
export const clientKinds = ["sentinel", "gateway"] as const;
export type ClientKind = (typeof clientKinds)[number];

/** The result of one run. Times are in milliseconds. */
export interface Run {
  readonly event: Event;
  /** From the last write that the old master took to the first write that the new master took. */
  readonly server: number;
  readonly clients: Readonly<Record<ClientKind, ClientsRun>>;
  /** The time in which two nodes took writes at once. */
  readonly twoMasters: number;
  /** From the recovery of the old master until every check passed. */
  readonly well: number;
  readonly history: History;
}

export interface ClientsRun {
  /** Each client's longest time without an acknowledgement. */
  readonly pauses: readonly number[];
  readonly acknowledged: number;
  /** Acknowledged writes that were missing at the end. */
  readonly lost: number;
}

/** The course of one run, for a picture. Times are in milliseconds after the event. */
export interface History {
  readonly marks: readonly { readonly at: number; readonly event: string }[];
  /** The length in milliseconds of the periods in which acknowledged writes are counted. */
  readonly piece: number;
  readonly acknowledged: Readonly<Record<ClientKind, readonly { readonly at: number; readonly writes: number }[]>>;
}

/** Milliseconds within which the new master must serve the clients. */
const serviceLimit = 20_000;

/** The length of a period of a history in milliseconds. */
const periodLength = 100;

/** Makes one event happen to the master of a healthy set, and returns what its clients measured. */
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
  const moved = { servedBy: "another node", limit: serviceLimit } as const;
  return {
    killed: { ...moved, inject: (master) => faults.kill(master), recover: (master) => faults.start(master) },
    frozen: { ...moved, inject: (master) => faults.freeze(master), recover: (master) => faults.thaw(master) },
    planned: { ...moved, inject: (master) => faults.handOver(master) },
  };
}

/** Eight clients of each kind, with 2,000 writes a second in total. */
const traffic: TrafficPlan<ClientKind> = ({ clients }) => {
  const half = { writers: 8, writesPerSecond: 1000, follow: true };
  return {
    sentinel: { ...half, client: () => ioredisClient(clients.throughSentinels()) },
    gateway: { ...half, client: () => ioredisClient(clients.throughGateway()) },
  };
};

function serverPause(result: DrillResult<ClientKind>): number {
  const { writable, master, injectedAt } = result;
  const last = writable.filter(({ node, from }) => node === master && from <= injectedAt).map(({ to }) => to);
  return movedAt(result) - Math.max(...last);
}

function clientsRun({ clients }: DrillResult<ClientKind>, kind: ClientKind): ClientsRun {
  const { pauses, acknowledged, lost } = clients[kind].report;
  return { pauses: pauses.map(({ length }) => length), acknowledged, lost: lost.count };
}

function historyOf(event: Event, result: DrillResult<ClientKind>): History {
  const { injectedAt } = result;
  const marks = [
    { at: 0, event: `the master is ${eventLabels[event]}` },
    { at: movedAt(result) - injectedAt, event: "the new master takes writes" },
    ...(event === "planned" ? [] : [{ at: result.recoveredAt - injectedAt, event: "the old master is back" }]),
    { at: result.wellAt - injectedAt, event: "all checks pass" },
  ];
  const acknowledged = (kind: ClientKind) => {
    const { record } = result.clients[kind];
    const shift = record.startedAt - injectedAt;
    return timeLine(record, periodLength).map((bucket) => ({ at: bucket.at + shift, writes: bucket.acknowledged }));
  };
  return {
    marks,
    piece: periodLength,
    acknowledged: { sentinel: acknowledged("sentinel"), gateway: acknowledged("gateway") },
  };
}

const eventLabels: Readonly<Record<Event, string>> = { killed: "killed", frozen: "frozen", planned: "switched over" };
