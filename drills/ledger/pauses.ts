import type { LedgerRecord, WriterRecord } from "./record.ts";

/** A time without an acknowledgement, in milliseconds of the monotonic clock. */
export interface Pause {
  readonly from: number;
  readonly to: number;
  readonly length: number;
  /** True if an acknowledgement ended the pause, false if the ledger ended first. */
  readonly ended: boolean;
}

/** The longest pause of each writer. */
export function writersPauses(record: LedgerRecord): readonly Pause[] {
  return record.writers.map((writer) => longestPause(writer.acknowledgements(), record));
}

/** The longest time in which no writer received an acknowledgement. */
export function silence(record: LedgerRecord): Pause {
  const all = Float64Array.from(record.writers.flatMap((writer) => writer.acknowledgements()));
  return longestPause(all.sort(), record);
}

/**
 * Returns when each writer was served again after a fault: the end of its longest pause during or after the fault.
 *
 * @param fault when the fault was injected
 * @returns milliseconds since the fault; Infinity for a writer that was never served again
 */
export function recoveries(record: LedgerRecord, fault: number): readonly number[] {
  return record.writers.map((writer) => {
    const before = writer.acknowledgements().filter((at) => at <= fault);
    const after = writer.acknowledgements().filter((at) => at > fault);
    const since = before.at(-1) ?? record.startedAt;
    const pause = longestPause(after, { startedAt: since, endedAt: record.endedAt });
    return pause.ended ? pause.to - fault : Number.POSITIVE_INFINITY;
  });
}

/** The number of writes whose outcome became known in one interval of a time line. */
export interface Bucket {
  /** Milliseconds from the start of the ledger to the start of the interval. */
  readonly at: number;
  readonly acknowledged: number;
  readonly failed: number;
}

/**
 * Divides the time of a ledger into intervals of equal length.
 *
 * @param length milliseconds of one interval
 */
export function timeLine(record: LedgerRecord, length = 100): readonly Bucket[] {
  const count = Math.ceil((record.endedAt - record.startedAt) / length);
  const buckets = Array.from({ length: count }, (_, index) => ({ at: index * length, acknowledged: 0, failed: 0 }));
  for (const writer of record.writers) {
    countInto(buckets, writer, (at) => Math.floor((at - record.startedAt) / length));
  }
  return buckets;
}

function countInto(
  buckets: readonly { acknowledged: number; failed: number }[],
  writer: WriterRecord,
  place: (at: number) => number,
): void {
  writer.settledAt.forEach((at, write) => {
    const bucket = buckets[place(at)];
    if (bucket !== undefined) {
      bucket[writer.isAcknowledged(write) ? "acknowledged" : "failed"] += 1;
    }
  });
}

/** @param times the times of acknowledgements, in order; those before the start do not count */
function longestPause(times: ArrayLike<number>, { startedAt, endedAt }: Pick<LedgerRecord, "startedAt" | "endedAt">) {
  let longest: Pause = { from: startedAt, to: startedAt, length: 0, ended: true };
  let from = startedAt;
  const consider = (to: number, ended: boolean) => {
    if (to - from > longest.length) {
      longest = { from, to, length: to - from, ended };
    }
    from = Math.max(from, to);
  };
  for (let index = 0; index < times.length; index += 1) {
    consider(times[index] ?? from, true);
  }
  consider(endedAt, false);
  return longest;
}
