import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { add, say, step } from "../../../../toolchain/base/steps.mjs";

let printed: string[];

beforeEach(() => {
  printed = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    printed.push(String(line).trimEnd());
    return true;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a piece of work that takes the given time. */
const takes = (milliseconds: number) => () =>
  new Promise<string>((resolve) => {
    setTimeout(() => resolve("done"), milliseconds);
  });

test("a step of less than two seconds prints nothing", async () => {
  const result = step("waiting", takes(1_900));
  await vi.runAllTimersAsync();
  expect(await result).toBe("done");
  expect(printed).toEqual([]);
});

test("a step of more than two seconds prints its description and the time that it took", async () => {
  const result = step("waiting", takes(2_100));
  await vi.runAllTimersAsync();
  await result;
  expect(printed).toEqual(["redis-ha: waiting ...", "redis-ha: waiting: 2.1 s"]);
});

test("a long installation prints its progress every 30 s without a terminal", async () => {
  const result = add("Pulumi", "there is none", (report) => {
    setTimeout(() => report("412 of 1803 packages compiled"), 40_000);
    return takes(65_000)();
  });
  await vi.runAllTimersAsync();
  expect(await result).toBe("done");
  expect(printed).toEqual([
    "redis-ha: adding Pulumi: there is none",
    "redis-ha: still adding Pulumi: 30.0 s",
    "redis-ha: still adding Pulumi: 60.0 s, 412 of 1803 packages compiled",
    "redis-ha: added Pulumi: 65.0 s",
  ]);
});

test("a long installation updates one status line on a terminal, and other lines replace it", async () => {
  const terminal = Object.assign(process.stderr, { isTTY: true, columns: 40 });
  onTestFinished(() => void Object.assign(terminal, { isTTY: false, columns: undefined }));
  const result = add("Pulumi", "there is none", async (report) => {
    report("1 of 3 packages compiled");
    await takes(1500)();
    say("building etcd ...");
    await takes(700)();
  });
  await vi.runAllTimersAsync();
  await result;
  const clear = "\r\u001b[2K";
  expect(printed).toEqual([
    "redis-ha: adding Pulumi: there is none",
    `${clear}redis-ha: still adding Pulumi: 1.0 s, 1`,
    clear.trimEnd(),
    "redis-ha: building etcd ...",
    `${clear}redis-ha: still adding Pulumi: 2.0 s, 1`,
    clear.trimEnd(),
    "redis-ha: added Pulumi: 2.2 s",
  ]);
});

test("a failed installation prints nothing more", async () => {
  const result = add("Pulumi", "there is none", () => Promise.reject(new Error("no space left")));
  await expect(result).rejects.toThrow("no space left");
  await vi.advanceTimersByTimeAsync(120_000);
  expect(printed).toEqual(["redis-ha: adding Pulumi: there is none"]);
});
