import { describe, expect, test } from "vitest";
import {
  describeReport,
  isPassed,
  VerificationError,
  type VerificationReport,
  warningsOf,
} from "../../../checks/report.ts";

const good: VerificationReport = {
  passed: true,
  mode: "inside",
  checks: [
    {
      state: "passed",
      name: "the set is reachable",
      saw: "through the addresses inside the network",
      milliseconds: 4.4,
    },
    { state: "passed", name: "exactly one master", saw: "redis-0 (10.41.0.10:6379)", milliseconds: 2012 },
  ],
  milliseconds: 2018.2,
};

const bad: VerificationReport = {
  passed: false,
  mode: "published",
  checks: [
    { state: "passed", name: "the set is reachable", saw: "through the published ports", milliseconds: 4 },
    {
      state: "failed",
      severity: "error",
      name: "exactly one master",
      findings: [
        { problem: "no node is the master: redis-0 and redis-1 are all replicas", lookAt: "the log of redis-0" },
      ],
      milliseconds: 60_012,
    },
    {
      state: "not run",
      severity: "error",
      name: "a write on the master reaches every replica",
      because: "exactly one master",
    },
  ],
  milliseconds: 60_020,
};

describe("a report as text", () => {
  test("has a line for each passed check, with what it found and how long it took", () => {
    expect(describeReport(good)).toBe(
      [
        "✓ the set is reachable: through the addresses inside the network (4 ms)",
        "✓ exactly one master: redis-0 (10.41.0.10:6379) (2.0 s)",
        "verified in 2.0 s: 2 checks, through the addresses inside the network",
      ].join("\n"),
    );
  });

  test("lists the findings of a failed check, and the checks that were not run because of it", () => {
    expect(describeReport(bad)).toBe(
      [
        "✓ the set is reachable: through the published ports (4 ms)",
        "✗ exactly one master (60.0 s)",
        "    no node is the master: redis-0 and redis-1 are all replicas",
        "    look at: the log of redis-0",
        "- a write on the master reaches every replica: not run, because this check failed: exactly one master",
        "the set does not work as planned: 1 of 3 checks failed, 1 not run, after 60.0 s",
      ].join("\n"),
    );
  });
});

describe("a set whose only failed checks are warnings", () => {
  const withWarnings: VerificationReport = {
    ...good,
    checks: [
      ...good.checks,
      {
        state: "failed",
        severity: "warning",
        name: "Commander shows the master's data to its user",
        findings: [{ problem: "commander does not answer the login proxy", lookAt: "the log of commander" }],
        milliseconds: 60_003,
      },
      { state: "not run", severity: "warning", name: "what needs Commander", because: "Commander shows" },
    ],
  };

  test("counts as working, and its report shows the warnings and where to look", () => {
    expect(isPassed(withWarnings.checks)).toBe(true);
    expect(describeReport(withWarnings).split("\n").slice(2)).toEqual([
      "! Commander shows the master's data to its user (60.0 s)",
      "    commander does not answer the login proxy",
      "    look at: the log of commander",
      "- what needs Commander: not run, because this check failed: Commander shows",
      "verified in 2.0 s: 4 checks, 2 with a warning, through the addresses inside the network",
    ]);
    expect(warningsOf(withWarnings)).toEqual(withWarnings.checks.slice(2));
  });

  test("does not count as working when another check fails with an error", () => {
    expect(isPassed([...withWarnings.checks, ...bad.checks])).toBe(false);
  });
});

test("a VerificationError has the findings of the failed checks as its message, and carries the report", () => {
  const error = new VerificationError(bad);
  expect(error.message).toBe(
    [
      "the set does not work as planned: 1 of 3 checks failed, 1 not run, after 60.0 s",
      "✗ exactly one master (60.0 s)",
      "    no node is the master: redis-0 and redis-1 are all replicas",
      "    look at: the log of redis-0",
      "- a write on the master reaches every replica: not run, because this check failed: exactly one master",
    ].join("\n"),
  );
  expect(error.report).toBe(bad);
});
