import { describe, expect, test } from "vitest";
import { plan } from "../../../../topology/plan.ts";
import type { Problem } from "../../../../topology/settings/problem.ts";
import { SettingsError } from "../../../../topology/settings/problem.ts";
import { type SettingsInput, validateSettings } from "../../../../topology/settings/settings.ts";

describe("settings of a target that the set does not run on", () => {
  test.each<[SettingsInput, string, string]>([
    [{ kubernetes: { namespace: "cache" } }, "kubernetes", "docker"],
    [{ target: "docker", kubernetes: { spread: { nodes: "required" } } }, "kubernetes", "docker"],
    [{ target: "kubernetes", docker: { subnet: "10.1.0.0/24" } }, "docker", "kubernetes"],
  ])("are refused with advice: %j", (input, other, target) => {
    expect(problemsOf(input)).toEqual([
      {
        path: other,
        got: `settings of the target ${other}`,
        expected: `none, since the target is ${target}`,
        advice: `remove them, or set target to ${other}`,
      },
    ]);
  });

  test("are reported together with all other problems", () => {
    const input: SettingsInput = { target: "kubernetes", docker: { publishAddress: "10.0.0.1" }, replicas: 99 };
    expect(problemsOf(input).map(({ path }) => path)).toEqual(["replicas", "docker"]);
    const contradiction: SettingsInput = { kubernetes: { namespace: "cache" }, sentinels: { quorum: 4 } };
    expect(problemsOf(contradiction).map(({ path }) => path)).toEqual(["kubernetes", "sentinels.quorum"]);
  });

  test("are accepted if they are empty", () => {
    expect(problemsOf({ kubernetes: {}, docker: {} })).toEqual([]);
  });
});

test("a Service subnet that is too small is refused under the path kubernetes.serviceSubnet", () => {
  const problems = problemsOf({ target: "kubernetes", kubernetes: { serviceSubnet: "10.96.0.0/28" } });
  expect(problems).toMatchObject([{ path: "kubernetes.serviceSubnet", got: "10.96.0.0/28" }]);
});

function problemsOf(input: SettingsInput): readonly Problem[] {
  try {
    plan(validateSettings(input));
    return [];
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems;
    }
    throw error;
  }
}
