import { expect, test } from "vitest";
import { SettingsError } from "../../../../topology/settings/problem.ts";
import { problemsOf } from "../../../support/unit/judgement.ts";

const veryLong = "k".repeat(100_000);

test.each<[string, object]>([
  ["key", { [veryLong]: 1 }],
  ["key in an object", { sentinels: { [veryLong]: 1 } }],
  ["directive", { images: "local", redis: { directives: { [veryLong]: 1 } } }],
])("an unknown %s of 100,000 characters is refused in less than 300 ms", (_name, input) => {
  const start = performance.now();
  const problems = problemsOf(input);
  expect(performance.now() - start).toBeLessThan(300);
  expect(problems).toHaveLength(1);
  expect(new SettingsError(problems).message.length).toBeLessThan(1000);
});
