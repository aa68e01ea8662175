import { waitFor } from "../../redis/waitFor.ts";
import { type Pause, silence, writersPauses } from "./pauses.ts";
import { type Contents, type ReadableNode, readBack } from "./readBack.ts";
import type { Entry, LedgerRecord } from "./record.ts";

/** The nodes from which a ledger is read back, once the set is healthy again. */
export interface AuditedNodes {
  readonly master: ReadableNode;
  /** By the name of the node. */
  readonly replicas: Readonly<Record<string, ReadableNode>>;
}

export interface LedgerReport {
  /** Writes that were sent. */
  readonly written: number;
  readonly acknowledged: number;
  /** The number of writes that were refused or whose outcome is unknown, by error message. */
  readonly failed: Readonly<Record<string, number>>;
  /** Writes that became due while the writer waited for its previous write. They were not sent. */
  readonly heldBack: number;
  readonly lost: Loss;
  /** The number of acknowledged writes that the master has and a replica does not have, by the replica's name. */
  readonly missing: Readonly<Record<string, number>>;
  /** Writes that the set kept although it did not acknowledge them. This is not an error. */
  readonly keptUnacknowledged: number;
  /** Each writer's longest time between two acknowledgements. */
  readonly pauses: readonly Pause[];
  /** The longest time without an acknowledgement for any writer. */
  readonly silence: Pause;
}

/** Acknowledged writes that the master does not have. */
export interface Loss {
  readonly count: number;
  /** When the first and the last of them were acknowledged, in milliseconds of the monotonic clock. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
  /** The first few, for a person to look into. */
  readonly examples: readonly Entry[];
}

/** Milliseconds. */
const replicationLimit = 5000;

const maxExamples = 10;

/**
 * Reads the whole ledger back from every node, and reports which writes were kept, lost or not replicated.
 *
 * @param timeout milliseconds that a replica in sync may take to receive everything that its master has
 */
export async function audit(
  record: LedgerRecord,
  nodes: AuditedNodes,
  timeout = replicationLimit,
): Promise<LedgerReport> {
  const onMaster = await readBack(nodes.master, record);
  const missing: Record<string, number> = {};
  for (const [name, replica] of Object.entries(nodes.replicas)) {
    missing[name] = await missingOn(replica, record, onMaster, timeout);
  }
  const acknowledged = count(record, (writer, write) => record.writers[writer]?.isAcknowledged(write) === true);
  const kept = count(record, (writer, write) => isPresent(onMaster, writer, write));
  const lost = lossOf(record, onMaster);
  return {
    written: count(record, () => true),
    acknowledged,
    failed: failuresOf(record),
    heldBack: record.writers.reduce((sum, writer) => sum + writer.heldBack, 0),
    lost,
    missing,
    keptUnacknowledged: kept - (acknowledged - lost.count),
    pauses: writersPauses(record),
    silence: silence(record),
  };
}

/**
 * Counts the acknowledged writes that a replica lacks. Polls until none is missing or the time is up, because replication
 * is asynchronous.
 */
async function missingOn(
  replica: ReadableNode,
  record: LedgerRecord,
  onMaster: Contents,
  timeout: number,
): Promise<number> {
  let missing = 0;
  const hasAll = async () => {
    const contents = await readBack(replica, record);
    missing = count(
      record,
      (writer, write) =>
        record.writers[writer]?.isAcknowledged(write) === true &&
        isPresent(onMaster, writer, write) &&
        !isPresent(contents, writer, write),
    );
    return missing === 0;
  };
  await waitFor(hasAll, { timeout, interval: 100, onTimeout: () => undefined });
  return missing;
}

function lossOf(record: LedgerRecord, onMaster: Contents): Loss {
  const times: number[] = [];
  const examples: Entry[] = [];
  record.writers.forEach((writer, number) => {
    writer.settledAt.forEach((at, write) => {
      if (writer.isAcknowledged(write) && !isPresent(onMaster, number, write)) {
        times.push(at);
        if (examples.length < maxExamples) {
          examples.push(writer.entry(write));
        }
      }
    });
  });
  times.sort((one, other) => one - other);
  const [from, to] = [times.at(0), times.at(-1)];
  return {
    count: times.length,
    window: from === undefined || to === undefined ? undefined : { from, to },
    examples,
  };
}

function failuresOf(record: LedgerRecord): Readonly<Record<string, number>> {
  const failures: Record<string, number> = {};
  for (const writer of record.writers) {
    for (let write = 0; write < writer.sentAt.length; write += 1) {
      const reason = writer.failure(write);
      if (reason !== undefined) {
        failures[reason] = (failures[reason] ?? 0) + 1;
      }
    }
  }
  return failures;
}

function count(record: LedgerRecord, holds: (writer: number, write: number) => boolean): number {
  let sum = 0;
  record.writers.forEach(({ sentAt }, writer) => {
    for (let write = 0; write < sentAt.length; write += 1) {
      sum += holds(writer, write) ? 1 : 0;
    }
  });
  return sum;
}

function isPresent(contents: Contents, writer: number, write: number): boolean {
  return contents[writer]?.[write] === 1;
}
