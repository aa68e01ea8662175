import { expect, test } from "vitest";
import { closingLine } from "../../../operations/development/test.ts";

const counts = { numPassedTests: 12, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const brokenFile = { status: "failed", assertionResults: [] };
const failedFile = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };

test.each([
  ["of passed tests", counts, 0, "12 passed, 0 failed"],
  ["of failed tests", { ...counts, numFailedTests: 1, testResults: [failedFile] }, 1, "12 passed, 1 failed"],
  [
    "of skipped tests, including those marked as todo,",
    { ...counts, numPendingTests: 2, numTodoTests: 1 },
    0,
    "12 passed, 0 failed, 3 skipped",
  ],
  [
    "of a file that cannot be loaded, as one failed test,",
    { ...counts, testResults: [brokenFile] },
    1,
    "12 passed, 1 failed",
  ],
  ["of a failure outside any file, as one failed test,", counts, 1, "12 passed, 1 failed"],
  ["of a run without a report, as one failed test,", undefined, 1, "0 passed, 1 failed"],
])("the last line of `npm test` prints the count %s", (_name, results, exitCode, line) => {
  expect(closingLine(results, exitCode)).toBe(line);
});
