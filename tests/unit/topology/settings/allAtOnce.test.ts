import { expect, test } from "vitest";
import { parseSettings } from "../../../../topology/settings/settings.ts";
import { problemsOf, refusalOf } from "../../../support/unit/judgement.ts";

test("the names of all directives are checked even if an argument of one directive is invalid", () => {
  const directives = { hz: { value: 20 }, Bad_Name: 1, maxmemory: "1gb" };
  expect(problemsOf({ redis: { directives } }).map(({ path }) => path)).toEqual([
    "redis.directives.hz",
    "redis.directives.Bad_Name",
    "redis.directives.maxmemory",
  ]);
});

test("an invalid name and an invalid argument of one directive are reported together", () => {
  const problems = problemsOf({ redis: { directives: { Bad_Name: {} } } });
  expect(problems.map(({ path, got }) => [path, got])).toEqual([
    ["redis.directives.Bad_Name", "an object"],
    ["redis.directives.Bad_Name", '"Bad_Name"'],
  ]);
});

test("an argument of the wrong type and an argument in the wrong format are reported together, each once", () => {
  const problems = problemsOf({ redis: { directives: { hz: {}, "list-max-listpack-size": "many" } } });
  expect(problems.map(({ path }) => path)).toEqual(["redis.directives.hz", "redis.directives.list-max-listpack-size"]);
});

test("settings of the Kubernetes provider are reported together with invalid settings of this project", () => {
  const raw = { "redis-ha:target": "kubernetes", "redis-ha:replicas": "many", "kubernetes:context": "elsewhere" };
  expect(refusalOf(() => parseSettings(raw, "redis-ha")).map(({ path }) => path)).toEqual([
    "replicas",
    "kubernetes:context",
  ]);
});
