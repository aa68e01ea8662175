import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { waitFor } from "../../../redis/waitFor.ts";

const late = () => "late" as const;

test("waitFor returns what the condition returns as soon as that is neither undefined nor false", async () => {
  const answers = [undefined, false, 0, "later"];
  const result = await waitFor(() => answers.shift(), { timeout: 10_000, interval: 1, onTimeout: late });
  expect(result).toBe(0);
  expect(answers).toEqual(["later"]);
});

test("waitFor checks the condition once when the time is already over", async () => {
  let checks = 0;
  const condition = () => {
    checks += 1;
    return false;
  };
  expect(await waitFor(condition, { timeout: -1, interval: 1, onTimeout: late })).toBe("late");
  expect(checks).toBe(1);
});

test("waitFor checks the condition a last time when the time is over, however long the interval is", async () => {
  const begin = performance.now();
  const checkedAt: number[] = [];
  const condition = () => {
    checkedAt.push(performance.now() - begin);
    return false;
  };
  expect(await waitFor(condition, { timeout: 200, interval: 60_000, onTimeout: late })).toBe("late");
  expect(checkedAt.at(-1)).toBeGreaterThanOrEqual(200);
  // A timer may be a millisecond early, which costs one more check.
  expect(checkedAt.filter((time) => time < 195)).toHaveLength(1);
});

test("waitFor throws an error of the condition", async () => {
  const condition = () => Promise.reject(new Error("broken"));
  await expect(waitFor(condition, { timeout: 10_000, interval: 1, onTimeout: late })).rejects.toThrow("broken");
});

test("waitFor throws the reason of its signal before the next check", async () => {
  const ending = new AbortController();
  const condition = () => {
    ending.abort(new Error("interrupted"));
    return false;
  };
  const wait = waitFor(condition, { timeout: 10_000, interval: 1, onTimeout: late, signal: ending.signal });
  await expect(wait).rejects.toThrow("interrupted");
});
