import { describe, expect, test } from "vitest";
import { audit } from "../../../../drills/ledger/audit.ts";
import { Ledger, NotServedError } from "../../../../drills/ledger/ledger.ts";
import { type Fate, MemorySet } from "../../../support/unit/memorySet.ts";

const quick = { writers: 4, writesPerSecond: 2000 };

describe("the audit of a ledger", () => {
  test("reports nothing lost and nothing missing when the set keeps every write", async () => {
    const set = new MemorySet();
    const { report } = await ledgerWhile(set, "kept");
    expect(report).toMatchObject({
      written: set.count("kept"),
      acknowledged: set.count("kept"),
      failed: {},
      lost: { count: 0, window: undefined, examples: [] },
      missing: { replica: 0 },
      keptUnacknowledged: 0,
    });
  });

  test("reports every acknowledged write that was lost, and when it was acknowledged", async () => {
    const set = new MemorySet();
    const { report, from, to } = await ledgerWhile(set, "lost");
    const { count, window, examples } = report.lost;
    expect(count).toBeGreaterThan(10);
    expect(count).toBe(set.count("lost"));
    expect(window?.from).toBeGreaterThanOrEqual(from);
    expect(window?.to).toBeLessThanOrEqual(to);
    for (const { key, field } of examples) {
      expect(await set.master.hkeys(key)).not.toContain(field);
    }
  });

  test("counts the writes that the master has and a replica does not have", async () => {
    const set = new MemorySet();
    const { report } = await ledgerWhile(set, "kept on the master only");
    expect(report.lost.count).toBe(0);
    expect(report.missing).toEqual({ replica: set.count("kept on the master only") });
  });

  test("does not count a refused write as lost", async () => {
    const set = new MemorySet();
    const { report } = await ledgerWhile(set, "refused");
    expect(report.failed).toEqual({ "READONLY You can't write against a read only replica.": set.count("refused") });
    expect(report).toMatchObject({ lost: { count: 0 }, keptUnacknowledged: 0, acknowledged: set.count("kept") });
  });

  test("accepts that the set kept a write whose answer never arrived", async () => {
    const set = new MemorySet();
    const { report } = await ledgerWhile(set, "kept without an answer");
    expect(report).toMatchObject({ lost: { count: 0 }, keptUnacknowledged: set.count("kept without an answer") });
  });
});

describe("a ledger", () => {
  test("fails with the numbers of the writers that are not served in time, and with the last error", async () => {
    const set = new MemorySet();
    const ledger = await Ledger.open({ ...quick, client: () => set.client() });
    set.fate = "refused";
    const refused = ledger.served(performance.now(), 50);
    await expect(refused).rejects.toBeInstanceOf(NotServedError);
    await expect(refused).rejects.toMatchObject({
      writers: [0, 1, 2, 3],
      message: expect.stringContaining("last failure: READONLY You can't write"),
    });
    await ledger.close();
  });

  test("writes at its rate, and counts the writes that it held back while another one was in progress", async () => {
    const set = new MemorySet();
    const stalled = Promise.withResolvers<void>();
    const ledger = await Ledger.open({
      ...quick,
      client: (writer) => ({
        ...set.client(),
        write: async (entry) => {
          if (writer === 0 && entry.field === "10") {
            await stalled.promise;
          }
          return set.client().write(entry);
        },
      }),
    });
    // The others have sent about 200 each, two milliseconds apart.
    await expect.poll(() => set.count("kept")).toBeGreaterThan(600);
    stalled.resolve();
    await ledger.served(performance.now(), 1000);
    const record = await ledger.close();
    const [first, second] = record.writers;
    expect(first?.heldBack).toBeGreaterThan(100);
    expect((first?.heldBack ?? 0) + (first?.sentAt.length ?? 0)).toBeCloseTo(
      (second?.heldBack ?? 0) + (second?.sentAt.length ?? 0),
      -1,
    );
  });
});

/** Audits a ledger in which at least ten writes had the given fate. */
async function ledgerWhile(set: MemorySet, fate: Fate) {
  const ledger = await Ledger.open({ ...quick, client: () => set.client() });
  set.fate = fate;
  const from = ledger.mark(fate);
  await expect.poll(() => set.count(fate), { interval: 1 }).toBeGreaterThan(10);
  set.fate = "kept";
  const to = await ledger.served(performance.now(), 1000);
  const record = await ledger.close();
  const nodes = { master: set.master, replicas: { replica: set.replica } };
  return { report: await audit(record, nodes, 0), from, to };
}
