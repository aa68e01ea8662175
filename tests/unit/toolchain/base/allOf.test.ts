import { expect, test } from "vitest";
import { allOf } from "../../../../toolchain/base/allOf.ts";

test("allOf returns the results in the order of the promises", async () => {
  expect(await allOf([Promise.resolve(1), Promise.resolve("two")])).toEqual([1, "two"]);
});

test("allOf throws a failure only after every other promise has ended", async () => {
  const ends: string[] = [];
  let endSlow = (): void => undefined;
  const slow = new Promise<void>((resolve) => {
    endSlow = resolve;
  });
  const failing = Promise.reject(new Error("first"));
  const whole = allOf([failing, slow.then(() => ends.push("slow"))]).catch(({ message }) => ends.push(message));
  await new Promise(setImmediate);
  expect(ends).toEqual([]);
  endSlow();
  await whole;
  expect(ends).toEqual(["slow", "first"]);
});
