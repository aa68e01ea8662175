import { expect, test } from "vitest";
import { parseSettings } from "../../../../topology/settings/settings.ts";
import { problemsOf, refusalOf } from "../../../support/unit/judgement.ts";

test("the names of directives are checked while an argument of one of them is wrong", () => {
  const directives = { hz: { value: 20 }, Bad_Name: 1, maxmemory: "1gb" };
  expect(problemsOf({ redis: { directives } }).map(({ path }) => path)).toEqual([
    "redis.directives.hz",
    "redis.directives.Bad_Name",
    "redis.directives.maxmemory",
  ]);
});

test("the name and the argument of one directive are refused together", () => {
  const problems = problemsOf({ redis: { directives: { Bad_Name: {} } } });
  expect(problems.map(({ path, got }) => [path, got])).toEqual([
    ["redis.directives.Bad_Name", "an object"],
    ["redis.directives.Bad_Name", '"Bad_Name"'],
  ]);
});

test("an argument of the wrong type and one of the wrong form are refused together, each once", () => {
  const problems = problemsOf({ redis: { directives: { hz: {}, "list-max-listpack-size": "many" } } });
  expect(problems.map(({ path }) => path)).toEqual(["redis.directives.hz", "redis.directives.list-max-listpack-size"]);
});

test("settings of the Kubernetes provider are refused together with settings of ours that are wrong", () => {
  const raw = { "redis-ha:target": "kubernetes", "redis-ha:replicas": "many", "kubernetes:context": "elsewhere" };
  expect(refusalOf(() => parseSettings(raw, "redis-ha")).map(({ path }) => path)).toEqual([
    "replicas",
    "kubernetes:context",
  ]);
});
