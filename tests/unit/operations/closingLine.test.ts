import { expect, test } from "vitest";
import { closingLine } from "../../../operations/development/test.ts";

const counts = { numPassedTests: 12, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const brokenFile = { status: "failed", assertionResults: [] };
const failedFile = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };

test.each([
  ["all passed", counts, 0, "12 passed, 0 failed"],
  ["some failed", { ...counts, numFailedTests: 1, testResults: [failedFile] }, 1, "12 passed, 1 failed"],
  [
    "some skipped or still to do",
    { ...counts, numPendingTests: 2, numTodoTests: 1 },
    0,
    "12 passed, 0 failed, 3 skipped",
  ],
  ["a file that cannot be loaded", { ...counts, testResults: [brokenFile] }, 1, "12 passed, 1 failed"],
  ["a failure outside of any file", counts, 1, "12 passed, 1 failed"],
  ["no report at all", undefined, 1, "0 passed, 1 failed"],
])("%s", (_name, results, exitCode, line) => {
  expect(closingLine(results, exitCode)).toBe(line);
});
