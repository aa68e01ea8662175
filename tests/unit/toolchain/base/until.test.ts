import { expect, test } from "vitest";
import { until } from "../../../../toolchain/base/until.ts";

const failure = () => new Error("never");

test("until returns the first value of the condition that is neither undefined nor false", async () => {
  const answers = [undefined, false, "there", "later"];
  const result = await until(() => answers.shift(), { timeout: 1000, interval: 1, failure });
  expect(result).toBe("there");
});

test("until throws the given error when the timeout expires", async () => {
  await expect(until(() => false, { timeout: 5, interval: 1, failure })).rejects.toThrow("never");
});

test("until throws an error of the condition at once", async () => {
  const waiting = until(() => Promise.reject(new Error("broken")), { timeout: 1000, failure });
  await expect(waiting).rejects.toThrow("broken");
});
