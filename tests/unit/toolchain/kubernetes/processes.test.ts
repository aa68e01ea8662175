import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { childrenOf, identify, stillRunning } from "../../../../toolchain/kubernetes/processes.ts";

const linux = process.platform === "linux";

test.runIf(linux)("a process is known by its number and its start, until it has ended", async () => {
  const child = spawn("sleep", ["60"]);
  const processId = child.pid ?? 0;
  const identity = identify(processId) ?? "";
  expect(identity).toMatch(new RegExp(`^${processId} \\d+$`));
  expect(stillRunning(identity)).toBe(processId);
  expect(childrenOf(process.pid)).toContain(processId);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(stillRunning(identity)).toBeUndefined();
});

test.runIf(linux)("another process with the same number is not taken for it", () => {
  expect(stillRunning(`${process.pid} 1`)).toBeUndefined();
});
