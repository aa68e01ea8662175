import { expect, test } from "vitest";
import { closingLine } from "../../../operations/development/test.ts";

const counts = { numPassedTests: 12, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const brokenFile = { status: "failed", assertionResults: [] };
const failedFile = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };

test.each([
  ["passed tests", counts, 0, "12 passed, 0 failed"],
  ["failed tests", { ...counts, numFailedTests: 1, testResults: [failedFile] }, 1, "12 passed, 1 failed"],
  [
    "skipped tests and tests marked as todo as skipped",
    { ...counts, numPendingTests: 2, numTodoTests: 1 },
    0,
    "12 passed, 0 failed, 3 skipped",
  ],
  [
    "a file that cannot be loaded as one failed test",
    { ...counts, testResults: [brokenFile] },
    1,
    "12 passed, 1 failed",
  ],
  ["a failure outside any file as one failed test", counts, 1, "12 passed, 1 failed"],
  ["a run without a report as one failed test", undefined, 1, "0 passed, 1 failed"],
])("the last line of `npm test` counts %s", (_name, results, exitCode, line) => {
  expect(closingLine(results, exitCode)).toBe(line);
});
