import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { childrenOf, identify, stillRunning } from "../../../../toolchain/kubernetes/processes.ts";

const linux = process.platform === "linux";

test.runIf(linux)("a process is identified by its process id and start time until it ends", async () => {
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

test.runIf(linux)("a process with the same id but another start time is not the same process", () => {
  expect(stillRunning(`${process.pid} 1`)).toBeUndefined();
});
