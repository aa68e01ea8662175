import { expect, test } from "vitest";
import { awaitEach, pollInterval } from "../../../hosts/readiness.ts";

test.each([
  [0, 100],
  [1_000, 100],
  [5_000, 500],
  [10_000, 1_000],
  [60_000, 1_000],
])("after %d ms of waiting, the next poll follows %d ms later", (waited, interval) => {
  expect(pollInterval(waited)).toBe(interval);
});

test("awaitEach waits until all workloads are ready", async () => {
  const ready = new Map(["one", "another"].map((name) => [name, Promise.withResolvers<void>()]));
  let ended = false;
  const waiting = awaitEach([...ready.keys()], (name) => ready.get(name)?.promise ?? Promise.reject(new Error(name)));
  void waiting.then(() => {
    ended = true;
  });
  ready.get("another")?.resolve();
  await ready.get("another")?.promise;
  expect(ended).toBe(false);
  ready.get("one")?.resolve();
  await waiting;
});

test("awaitEach ends with the first workload that fails, and aborts the wait for the others", async () => {
  let signalOfOther: AbortSignal | undefined;
  const waiting = awaitEach(["broken", "other"], (name, signal) => {
    if (name === "broken") {
      return Promise.reject(new Error("broken is not ready"));
    }
    signalOfOther = signal;
    return new Promise(() => undefined);
  });
  await expect(waiting).rejects.toThrow(new Error("broken is not ready"));
  expect(signalOfOther?.aborted).toBe(true);
});
