import { describe, expect, test } from "vitest";
import { quantile } from "../../../drills/ledger/quantiles.ts";
import { distributionPicture } from "../../benchmarks/failover/distributionPicture.ts";
import { figuresOf } from "../../benchmarks/failover/figures.ts";
import type { Event, Run } from "../../benchmarks/failover/measurement.ts";
import { tableOf } from "../../benchmarks/failover/table.ts";
import { timeLinePicture } from "../../benchmarks/failover/timeLinePicture.ts";

const runs = [
  run("killed", { server: 2400, sentinel: [3200, 3300], gateway: [2410, 2420], lost: 0 }),
  run("killed", { server: 2500, sentinel: [3400, 4600], gateway: [2490, 2495], lost: 0 }),
  run("planned", { server: 290, sentinel: [350, 390], gateway: [310, 320], lost: 1 }),
];
const figures = figuresOf(runs, 2000);

describe("the failover benchmark", () => {
  test("compares the pauses of all clients, and the lost writes of a switchover, with the goals", () => {
    expect(tableOf(figures).split("\n")).toEqual([
      "| event | who is served again | p50 | p90 | p99 | longest | lost writes | goals |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      "| master killed | the server itself (2) | 2.40 s | 2.50 s | 2.50 s | 2.50 s |  |  |",
      "| master killed | clients of the Sentinels (4) | 3.30 s | 4.60 s | 4.60 s | 4.60 s | 0 of 2000 | ✓ p50 <= 3.40 s, ✗ p99 <= 4.50 s |",
      "| master killed | clients of the gateway (4) | 2.42 s | 2.50 s | 2.50 s | 2.50 s | 0 of 2000 | ✓ p50 <= 2.50 s, ✓ p99 <= 2.80 s |",
      "| planned switchover | the server itself (1) | 0.29 s | 0.29 s | 0.29 s | 0.29 s |  |  |",
      "| planned switchover | clients of the Sentinels (2) | 0.35 s | 0.39 s | 0.39 s | 0.39 s | 1 of 1000 | ✓ p50 <= 0.40 s, ✗ 0 lost |",
      "| planned switchover | clients of the gateway (2) | 0.31 s | 0.32 s | 0.32 s | 0.32 s | 1 of 1000 | ✗ p50 <= 0.30 s, ✗ 0 lost |",
    ]);
  });

  test("draws every pause once", () => {
    const picture = distributionPicture(runs, figures, 2000);
    expect(picture.match(/<circle /g)).toHaveLength(15);
    expect(picture).toContain("master killed");
    expect(picture).not.toContain("NaN");
  });

  test("draws a failover with its marks and the acknowledged writes over time", () => {
    const [{ history }] = runs as [Run];
    const picture = timeLinePicture(history, "A failover");
    expect(picture).toContain("the master is killed (0.00 s)");
    expect(picture.match(/<path /g)).toHaveLength(2);
    expect(picture).not.toContain("NaN");
  });
});

describe("a quantile", () => {
  test.each([
    [0.5, 2],
    [0.75, 3],
    [0.99, 4],
    [1, 4],
  ])("for a share of %s of four values is one of these values: %s", (share, expected) => {
    expect(quantile([4, 2, 1, 3], share)).toBe(expected);
  });

  test("of no values is NaN", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

interface Pauses {
  readonly server: number;
  readonly sentinel: readonly number[];
  readonly gateway: readonly number[];
  readonly lost: number;
}

function run(event: Event, { server, sentinel, gateway, lost }: Pauses): Run {
  const writes = [-1000, -500, 0, 500, 1000].map((at) => ({ at, writes: 100 }));
  return {
    event,
    server,
    clients: {
      sentinel: { pauses: sentinel, acknowledged: 1000, lost },
      gateway: { pauses: gateway, acknowledged: 1000, lost },
    },
    twoMasters: 0,
    well: 1000,
    history: {
      marks: [
        { at: 0, event: "the master is killed" },
        { at: 900, event: "all checks pass" },
      ],
      piece: 500,
      acknowledged: { sentinel: writes, gateway: writes },
    },
  };
}
