import { waitFor } from "../redis/waitFor.ts";
import type { DataNodePlan } from "../topology/topology.ts";
import type { DrilledSet } from "./drilledSet.ts";
import { audit, type LedgerReport } from "./ledger/audit.ts";
import { Ledger, type LedgerOptions } from "./ledger/ledger.ts";
import { erase } from "./ledger/readBack.ts";
import type { LedgerRecord } from "./ledger/record.ts";
import { type Writable, WriteWatch } from "./ledger/writeWatch.ts";

/** Clients of one kind. */
export interface Clients extends LedgerOptions {
  /** True if the clients find a new master automatically, so that they have to be served again after a fault. */
  readonly follow: boolean;
}

/** Makes the clients of each kind, by the name of the kind. */
export type TrafficPlan<Kind extends string> = (
  set: DrilledSet,
  master: DataNodePlan,
) => Readonly<Record<Kind, Clients>>;

/** What the clients of one kind did. */
export interface ClientsRecord {
  readonly record: LedgerRecord;
  readonly report: LedgerReport;
}

export interface TrafficRecord<Kind extends string> {
  readonly clients: Readonly<Record<Kind, ClientsRecord>>;
  /** The intervals in which each node accepted writes. */
  readonly writable: readonly Writable[];
}

/** After a fault, no other node accepts writes, or the first master still does. */
export class NotMovedError extends Error {
  /** The nodes that accept writes. */
  readonly writable: readonly string[];

  constructor(writable: readonly string[], limit: number) {
    const nodes = writable.length === 0 ? "none" : writable.join(" and ");
    super(`only a node other than the first master should accept writes; after ${limit} ms these nodes do: ${nodes}`);
    this.name = "NotMovedError";
    this.writable = writable;
  }
}

/** Clients of several kinds that write to one set, and a watch that records which nodes accept writes. */
export class Traffic<Kind extends string> {
  readonly #ledgers: ReadonlyMap<Kind, Ledger>;
  readonly #following: readonly Ledger[];
  readonly #watch: WriteWatch;

  private constructor(ledgers: ReadonlyMap<Kind, Ledger>, following: readonly Ledger[], watch: WriteWatch) {
    this.#ledgers = ledgers;
    this.#following = following;
    this.#watch = watch;
  }

  /** @throws NotServedError */
  static async start<Kind extends string>(
    set: DrilledSet,
    master: DataNodePlan,
    plan: TrafficPlan<Kind>,
  ): Promise<Traffic<Kind>> {
    const kinds = Object.entries<Clients>(plan(set, master)) as [Kind, Clients][];
    const opened = await Promise.all(kinds.map(async ([kind, clients]) => [kind, await Ledger.open(clients)] as const));
    const ledgers = new Map(opened);
    const following = kinds.flatMap(([kind, { follow }]) => (follow ? (ledgers.get(kind) ?? []) : []));
    const endpoints = set.target.dataNodes.map((node) => [node.name, set.clients.endpoint(node)] as const);
    return new Traffic(ledgers, following, new WriteWatch(new Map(endpoints), set.target.password));
  }

  /** Records an event in every ledger. Returns its time: now. */
  mark(event: string): number {
    const at = performance.now();
    for (const ledger of this.#ledgers.values()) {
      ledger.mark(event, at);
    }
    return at;
  }

  /**
   * Waits until every client that follows the master has an acknowledgement for a write that it sent after `since`.
   *
   * @param since milliseconds of the monotonic clock
   * @param limit milliseconds
   * @throws NotServedError
   */
  async served(since: number, limit: number): Promise<void> {
    await Promise.all(this.#following.map((ledger) => ledger.served(since, limit)));
  }

  /**
   * Waits until another node accepts writes and the first master no longer does.
   *
   * @param limit milliseconds
   * @throws NotMovedError
   */
  async movedFrom(master: DataNodePlan, limit: number): Promise<void> {
    const hasMoved = () => {
      const writable = this.#watch.writableNow();
      return writable.length > 0 && !writable.includes(master.name);
    };
    await waitFor(hasMoved, {
      timeout: limit,
      interval: 20,
      onTimeout: () => {
        throw new NotMovedError(this.#watch.writableNow(), limit);
      },
    });
  }

  /** Stops the clients. Their records can be audited afterwards. */
  async stop(): Promise<StoppedTraffic<Kind>> {
    const writable = await this.#watch.close();
    const closed = [...this.#ledgers].map(async ([kind, ledger]) => [kind, await ledger.close()] as const);
    return new StoppedTraffic(new Map(await Promise.all(closed)), writable);
  }
}

/** The records of clients that have stopped. */
export class StoppedTraffic<Kind extends string> {
  readonly #records: ReadonlyMap<Kind, LedgerRecord>;
  readonly #writable: readonly Writable[];

  constructor(records: ReadonlyMap<Kind, LedgerRecord>, writable: readonly Writable[]) {
    this.#records = records;
    this.#writable = writable;
  }

  /** Reads back what the clients wrote, and removes it from the set. */
  async audit(set: DrilledSet): Promise<TrafficRecord<Kind>> {
    return set.withNodes(async (nodes) => {
      const clients: [Kind, ClientsRecord][] = [];
      for (const [kind, record] of this.#records) {
        clients.push([kind, { record, report: await audit(record, nodes) }]);
        await erase(nodes.master, record);
      }
      return { clients: Object.fromEntries(clients) as TrafficRecord<Kind>["clients"], writable: this.#writable };
    });
  }
}
