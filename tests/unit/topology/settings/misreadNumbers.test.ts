import { expect, test } from "vitest";
import { misreadNumbers } from "../../../../topology/settings/misreadNumbers.ts";
import { problemsOf } from "../../../support/unit/judgement.ts";

/** Numbers as written, and as Pulumi 3.259.0 reads them. */
const readings = [
  ["010", "8"],
  ["0x10", "16"],
  ["0o10", "8"],
  ["0b11", "3"],
  ["08", "8"],
  ["1_0", "10"],
  ["1e1", "10"],
] as const;

test.each(readings)("the unquoted number %s, which Pulumi reads as %s, is refused", (written, read) => {
  expect(problems(`redis-ha:replicas: ${written}`, { "redis-ha:replicas": read })).toEqual([
    {
      path: "replicas",
      got: `${written}, which YAML reads as ${read}`,
      expected: "a number without leading zeros, prefix, underscores or exponent, or a text in quotes",
    },
  ]);
});

test("the refusal of 010 names 8, as Pulumi reads it, even if another YAML parser read 10", () => {
  expect(problems("redis-ha:replicas: 010", { "redis-ha:replicas": "10" })[0]?.got).toBe("010, which YAML reads as 8");
});

test("an unquoted number with a leading zero is also refused inside objects and lists", () => {
  const file = "redis-ha:redis:\n    directives:\n      unixsocketperm: 0700\n      save: [010, 2]";
  const raw = { "redis-ha:redis": '{"directives":{"unixsocketperm":448,"save":[8,2]}}' };
  expect(problems(file, raw).map(({ path, got }) => [path, got])).toEqual([
    ["redis.directives.unixsocketperm", "0700, which YAML reads as 448"],
    ["redis.directives.save.0", "010, which YAML reads as 8"],
  ]);
});

test("a password that is an unquoted number is refused without being printed", () => {
  const found = problems("redis-ha:password: 0123456701234567", { "redis-ha:password": "5744368105847" });
  expect(found).toHaveLength(1);
  expect(JSON.stringify(found)).not.toMatch(/0123456701234567|5744368105847/);
});

test.each([
  ["a number in quotes", 'redis-ha:masterName: "010"', { "redis-ha:masterName": "010" }],
  ["a plain number", "redis-ha:replicas: 10", { "redis-ha:replicas": "10" }],
  ["a fraction", "redis-ha:size: {master: {cpus: 0.50}}", { "redis-ha:size": '{"master":{"cpus":0.5}}' }],
  ["an address and a size", "redis-ha:docker: {subnet: 10.063.79.0/24, size: 010MB}", { "redis-ha:docker": "{}" }],
  ["a key of another project", "website:replicas: 010", { "website:replicas": "8" }],
  ["a file that is not YAML", "redis-ha:replicas: [010", { "redis-ha:replicas": "8" }],
])("%s is accepted", (_name, file, raw) => {
  expect(problems(file, raw)).toEqual([]);
});

test.each(["010", "00", "0x10"])("the text %s is refused as a whole number", (replicas) => {
  expect(problemsOf({ replicas })).toEqual([
    { path: "replicas", got: replicas, expected: "a whole number from 0 to 30" },
  ]);
});

function problems(config: string, raw: Readonly<Record<string, string>>) {
  return misreadNumbers(`config:\n  ${config}\n`, raw, "redis-ha");
}
