import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { StackNotFoundError } from "../../../operations/stack/stack.ts";
import { typeScriptOptions } from "../../../toolchain/base/typeScript.mjs";

const program = join(import.meta.dirname, "../../../operations/main.ts");
const forged = "x\nerror: forged\u001b[31m";

test.each([
  ["the name of a command", [forged]],
  ["the name of an option", ["up", `--${forged}`]],
  ["an argument", ["down", forged]],
  ["an output format", ["env", "--format", forged]],
  ["a deadline", ["verify", "--deadline", forged]],
  ["the name of a stack without a configuration file", ["manifests", "--stack", forged]],
  ["the name of a test layer", ["test", forged]],
  ["the name of a cluster", ["cluster", "--name", forged, "up"]],
  ["an action of npm run cluster", ["cluster", forged]],
  ["a number of nodes", ["cluster", "up", "--nodes", forged]],
  ["an argument of an action of npm run cluster", ["cluster", "down", forged]],
  ["a number of rounds", ["bench:up", "--rounds", forged]],
])("%s that contains a line break and a colour cannot forge a line of an error message", (_name, commandLine) => {
  const { stderr } = spawnSync(process.execPath, [...typeScriptOptions, program, ...commandLine], { encoding: "utf8" });
  expect(stderr).toContain("error: forged");
  expect(stderr.split("\n").filter((line) => line.startsWith("error: "))).toHaveLength(1);
  expect(stderr).not.toContain("error: forged\u001b");
});

test("the name of a missing stack cannot forge a line of an error message", () => {
  expect(new StackNotFoundError(forged).message.split("\n")).toHaveLength(1);
});
