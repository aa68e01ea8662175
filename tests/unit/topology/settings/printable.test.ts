import { expect, test } from "vitest";
import { printable } from "../../../../topology/settings/printable.ts";
import { SettingsError } from "../../../../topology/settings/problem.ts";
import { parseSettings } from "../../../../topology/settings/settings.ts";
import { problemsOf, refusalOf } from "../../../support/unit/judgement.ts";

test.each([
  ["a newline", "a\nb", "a\\nb"],
  ["a carriage return", "a\rb", "a\\rb"],
  ["an escape sequence for a colour", "\u001b[31ma", "\\u{1b}[31ma"],
  ["a line separator", "a\u2028b", "a\\u{2028}b"],
  ["a character that reverses the text direction", "a\u202eb", "a\\u{202e}b"],
  ["letters of any language", "größe 大きさ", "größe 大きさ"],
])("a text with %s is printed on one line, with control characters escaped", (_name, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("a text longer than the limit is cut, and its length is appended", () => {
  expect(printable("a".repeat(2000), 5)).toBe("aaaaa… (2000 characters)");
});

const forged = "x\n  replicas: got 2, expected nothing";

test.each<[string, object]>([
  ["a setting", { [forged]: 1 }],
  ["a setting in an object", { sentinels: { [forged]: 1 } }],
  ["a directive", { redis: { directives: { [forged]: 20 } } }],
  ["a directive with an invalid argument", { redis: { directives: { [forged]: {} } } }],
  ["a directive that causes a warning", { redis: { directives: { loadmodule: forged } } }],
  ["a value", { name: forged }],
])("%s that contains a line break cannot forge a line of the error message", (_place, input) => {
  const problems = problemsOf(input);
  const lines = new SettingsError(problems).message.split("\n");
  expect(lines).toHaveLength(1 + problems.length);
  expect(lines.filter((line) => line.startsWith("  replicas:"))).toEqual([]);
});

test("a key of a stack that contains a line break cannot forge a line of the error message", () => {
  const problems = refusalOf(() => parseSettings({ [`redis-ha:${forged}`]: "1" }, "redis-ha"));
  expect(new SettingsError(problems).message.split("\n")).toHaveLength(2);
});

test("a context with an escape sequence for a colour is refused, since messages about the cluster print it", () => {
  expect(problemsOf({ target: "kubernetes", kubernetes: { context: "a\u001b[31m" } })).toEqual([
    {
      path: "kubernetes.context",
      got: JSON.stringify("a\u001b[31m"),
      expected: "1 to 253 characters without spaces and control characters",
    },
  ]);
});
