import { describe, expect, test } from "vitest";
import { recoveries, silence, timeLine, writersPauses } from "../../../../drills/ledger/pauses.ts";
import { type LedgerRecord, WriterRecord } from "../../../../drills/ledger/record.ts";

describe("pauses between acknowledgements", () => {
  const record = ledgerOf([1010, 1020, 1500, 1510, 1990], [1005, 1015, 1800, 1850, 1995]);

  test("are measured for each writer, and the longest is returned", () => {
    expect(writersPauses(record)).toEqual([
      { from: 1020, to: 1500, length: 480, ended: true },
      { from: 1015, to: 1800, length: 785, ended: true },
    ]);
  });

  test("of the whole set last only while no writer is served", () => {
    expect(silence(record)).toEqual({ from: 1020, to: 1500, length: 480, ended: true });
  });

  test("last until the end of the ledger for a writer that is never served again", () => {
    expect(writersPauses(ledgerOf([1010, 1020]))).toEqual([{ from: 1020, to: 2000, length: 980, ended: false }]);
  });

  test("end when a writer has recovered from a fault, apart from late answers to earlier writes", () => {
    expect(recoveries(record, 1008)).toEqual([492, 792]);
    expect(recoveries(record, 1600)).toEqual([390, 200]);
    expect(recoveries(ledgerOf([1010, 1020]), 1015)).toEqual([Number.POSITIVE_INFINITY]);
  });

  test("are not ended by failed writes, which the time line counts separately", () => {
    const failing = ledgerOf([1010, 1990]);
    failing.writers[0]?.fail(failing.writers[0].send(1300), 1320, "READONLY");
    expect(writersPauses(failing)).toEqual([{ from: 1010, to: 1990, length: 980, ended: true }]);
    expect(timeLine(failing, 250)).toEqual([
      { at: 0, acknowledged: 1, failed: 0 },
      { at: 250, acknowledged: 0, failed: 1 },
      { at: 500, acknowledged: 0, failed: 0 },
      { at: 750, acknowledged: 1, failed: 0 },
    ]);
  });
});

/** A ledger from 1000 to 2000 ms, with the times of each writer's acknowledgements. */
function ledgerOf(...acknowledgements: readonly (readonly number[])[]): LedgerRecord {
  const writers = acknowledgements.map((times, number) => {
    const writer = new WriterRecord("sample", number);
    for (const at of times) {
      writer.acknowledge(writer.send(at - 1), at);
    }
    return writer;
  });
  return { run: "sample", startedAt: 1000, endedAt: 2000, writers, marks: [] };
}
