import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { type CheckContext, retryUntil } from "../../../checks/retryUntil.ts";
import { CheckFailure } from "../../../redis/finding.ts";

function context(deadline: number, options: Partial<CheckContext> = {}): CheckContext {
  const never = new AbortController().signal;
  return { until: performance.now() + deadline, progress: undefined, signal: never, ...options };
}

function failure(problem: string, permanent = false): CheckFailure {
  return new CheckFailure([{ problem, lookAt: "the log", permanent }]);
}

describe("a check that is retried", () => {
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
      context(10_000),
    );
    expect(outcome).toMatchObject({ state: "passed", name: "third time lucky", saw: "luck" });
    expect(attempts).toBe(3);
  });

  test("is attempted no more often than the given interval allows", async () => {
    const attempts: number[] = [];
    await retryUntil(
      "expensive",
      async () => {
        attempts.push(performance.now());
        if (attempts.length < 3) {
          throw failure("not yet");
        }
        return "seen";
      },
      context(10_000, { interval: 200 }),
    );
    const [first = 0, second = 0, third = 0] = attempts;
    // A timer may be a millisecond early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(198);
  });

  test("fails at the deadline with the findings of its last attempt", async () => {
    let attempts = 0;
    const outcome = await retryUntil(
      "never",
      async () => {
        attempts += 1;
        throw failure(`attempt ${attempts}`);
      },
      context(120),
    );
    expect(attempts).toBeGreaterThan(1);
    expect(outcome).toMatchObject({
      state: "failed",
      findings: [{ problem: `attempt ${attempts}`, lookAt: "the log" }],
    });
  });

  test("is attempted once even when the deadline has already passed", async () => {
    await expect(retryUntil("late", async () => "seen", context(-1))).resolves.toMatchObject({
      state: "passed",
      saw: "seen",
    });
  });

  test("fails at once on a permanent finding, and reports only permanent findings", async () => {
    let attempts = 0;
    const outcome = await retryUntil(
      "permanently wrong",
      async () => {
        attempts += 1;
        throw new CheckFailure([...failure("still starting").findings, ...failure("another maxmemory", true).findings]);
      },
      context(10_000),
    );
    expect(attempts).toBe(1);
    expect(outcome).toMatchObject({ state: "failed", findings: [{ problem: "another maxmemory", lookAt: "the log" }] });
  });

  test("reports after 2 s what it is waiting for", async () => {
    const lines: string[] = [];
    const waiting = async () => {
      throw new CheckFailure(["redis-1", "redis-2"].map((node) => ({ problem: `${node} is copying`, lookAt: "" })));
    };
    await retryUntil("in sync", waiting, context(2300, { progress: (line) => lines.push(line) }));
    expect(lines).toEqual(["… in sync: redis-1 is copying, and 1 more (waiting for 2 s)"]);
  });

  test("rethrows any error that is no CheckFailure", async () => {
    const bug = new TypeError("a bug in the check");
    await expect(retryUntil("buggy", () => Promise.reject(bug), context(10_000))).rejects.toBe(bug);
  });
});
