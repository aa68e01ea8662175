import { describe, expect, test } from "vitest";
import { recoveries, silence, timeLine, writersPauses } from "../../../../drills/ledger/pauses.ts";
import { type LedgerRecord, WriterRecord } from "../../../../drills/ledger/record.ts";

describe("pauses between acknowledgements", () => {
  const record = ledgerOf([1010, 1020, 1500, 1510, 1990], [1005, 1015, 1800, 1850, 1995]);

  test("each writer has its own longest one", () => {
    expect(writersPauses(record)).toEqual([
      { from: 1020, to: 1500, length: 480, ended: true },
      { from: 1015, to: 1800, length: 785, ended: true },
    ]);
  });

  test("the set is silent only while no client is served", () => {
    expect(silence(record)).toEqual({ from: 1020, to: 1500, length: 480, ended: true });
  });

  test("a writer that is never served again pauses until the end", () => {
    expect(writersPauses(ledgerOf([1010, 1020]))).toEqual([{ from: 1020, to: 2000, length: 980, ended: false }]);
  });

  test("a writer recovers at the end of the pause that follows the fault, late answers aside", () => {
    expect(recoveries(record, 1008)).toEqual([492, 792]);
    expect(recoveries(record, 1600)).toEqual([390, 200]);
    expect(recoveries(ledgerOf([1010, 1020]), 1015)).toEqual([Number.POSITIVE_INFINITY]);
  });

  test("failed writes end no pause, and have their place in the time line", () => {
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

/** From 1000 to 2000 ms, with each writer's acknowledgements. */
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
