import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { add, step } from "../../../../toolchain/base/steps.mjs";

let said: string[];

beforeEach(() => {
  said = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    said.push(String(line).trimEnd());
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Work that takes as long as it is told. */
const takes = (milliseconds: number) => () =>
  new Promise<string>((resolve) => {
    setTimeout(() => resolve("done"), milliseconds);
  });

test("a short step says nothing", async () => {
  const result = step("waiting", takes(1_900));
  await vi.runAllTimersAsync();
  expect(await result).toBe("done");
  expect(said).toEqual([]);
});

test("a step of more than two seconds says what it is, and how long it took", async () => {
  const result = step("waiting", takes(2_100));
  await vi.runAllTimersAsync();
  await result;
  expect(said).toEqual(["redis-ha: waiting ...", "redis-ha: waiting: 2.1 s"]);
});

test("what takes minutes to be added is heard of every minute", async () => {
  const result = add("Pulumi", "there is none", takes(125_000));
  await vi.runAllTimersAsync();
  expect(await result).toBe("done");
  expect(said).toEqual([
    "redis-ha: adding Pulumi: there is none",
    "redis-ha: still adding Pulumi: 60.0 s",
    "redis-ha: still adding Pulumi: 120.0 s",
    "redis-ha: added Pulumi: 125.0 s",
  ]);
});

test("what could not be added is not heard of any more", async () => {
  const result = add("Pulumi", "there is none", () => Promise.reject(new Error("no space left")));
  await expect(result).rejects.toThrow("no space left");
  await vi.advanceTimersByTimeAsync(120_000);
  expect(said).toEqual(["redis-ha: adding Pulumi: there is none"]);
});
