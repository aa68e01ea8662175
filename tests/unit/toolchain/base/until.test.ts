import { expect, test } from "vitest";
import { until } from "../../../../toolchain/base/until.ts";

const failure = () => new Error("never");

test("returns what the condition gives, as soon as that is neither undefined nor false", async () => {
  const answers = [undefined, false, "there", "later"];
  const result = await until(() => answers.shift(), { timeout: 1000, interval: 1, failure });
  expect(result).toBe("there");
});

test("fails with the given error when the time is over", async () => {
  await expect(until(() => false, { timeout: 5, interval: 1, failure })).rejects.toThrow("never");
});

test("an error of the condition ends the waiting", async () => {
  const asked = until(() => Promise.reject(new Error("broken")), { timeout: 1000, failure });
  await expect(asked).rejects.toThrow("broken");
});
