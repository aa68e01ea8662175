import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { type CheckContext, retryUntil } from "../../../checks/retryUntil.ts";
import { CheckFailure } from "../../../redis/finding.ts";

function watch(deadline: number, options: Partial<CheckContext> = {}): CheckContext {
  const never = new AbortController().signal;
  return { until: performance.now() + deadline, progress: undefined, signal: never, ...options };
}

function failure(problem: string, permanent = false): CheckFailure {
  return new CheckFailure([{ problem, lookAt: "the log", permanent }]);
}

describe("a check", () => {
  test("is attempted until it passes", async () => {
    let attempts = 0;
    const outcome = await retryUntil(
      "third time lucky",
      async () => {
        attempts += 1;
        if (attempts < 3) {
          throw failure("not yet");
        }
        return "luck";
      },
      watch(10_000),
    );
    expect(outcome).toMatchObject({ state: "passed", name: "third time lucky", saw: "luck" });
    expect(attempts).toBe(3);
  });

  test("is attempted no more often than the way to the set allows", async () => {
    const attempts: number[] = [];
    await retryUntil(
      "dear",
      async () => {
        attempts.push(performance.now());
        if (attempts.length < 3) {
          throw failure("not yet");
        }
        return "seen";
      },
      watch(10_000, { interval: 200 }),
    );
    const [first = 0, second = 0, third = 0] = attempts;
    // A timer may be a millisecond early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(198);
  });

  test("that does not pass in time fails with what its last attempt found", async () => {
    let attempts = 0;
    const outcome = await retryUntil(
      "never",
      async () => {
        attempts += 1;
        throw failure(`attempt ${attempts}`);
      },
      watch(120),
    );
    expect(attempts).toBeGreaterThan(1);
    expect(outcome).toMatchObject({
      state: "failed",
      findings: [{ problem: `attempt ${attempts}`, lookAt: "the log" }],
    });
  });

  test("is attempted once even when time is already up", async () => {
    await expect(retryUntil("late", async () => "seen", watch(-1))).resolves.toMatchObject({
      state: "passed",
      saw: "seen",
    });
  });

  test("that has a permanent finding fails at once, and reports only permanent findings", async () => {
    let attempts = 0;
    const outcome = await retryUntil(
      "wrong for good",
      async () => {
        attempts += 1;
        throw new CheckFailure([...failure("still starting").findings, ...failure("another maxmemory", true).findings]);
      },
      watch(10_000),
    );
    expect(attempts).toBe(1);
    expect(outcome).toMatchObject({ state: "failed", findings: [{ problem: "another maxmemory", lookAt: "the log" }] });
  });

  test("that takes long tells what it waits for", async () => {
    const lines: string[] = [];
    const waiting = async () => {
      throw new CheckFailure(["redis-1", "redis-2"].map((node) => ({ problem: `${node} is copying`, lookAt: "" })));
    };
    await retryUntil("in sync", waiting, watch(2300, { progress: (line) => lines.push(line) }));
    expect(lines).toEqual(["… in sync: redis-1 is copying, and 1 more (waiting for 2 s)"]);
  });

  test("that meets a bug throws it", async () => {
    const bug = new TypeError("a mistake of ours");
    await expect(retryUntil("buggy", () => Promise.reject(bug), watch(10_000))).rejects.toBe(bug);
  });
});
