import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const directory = join(import.meta.dirname, "../../../configs/scripts");
const scripts = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sh"));

describe.each(scripts)("the script %s", (script) => {
  test.skipIf(!has("shellcheck"))("passes shellcheck", () => {
    expect(run("shellcheck", "-x", script)).toEqual({ status: 0, output: "" });
  });

  test.skipIf(!has("dash"))("is valid for dash", () => {
    expect(run("dash", "-n", script)).toEqual({ status: 0, output: "" });
  });

  test.skipIf(!has("busybox"))("is valid for the shell of busybox", () => {
    expect(run("busybox", "sh", "-n", script)).toEqual({ status: 0, output: "" });
  });
});

test("no template writes a value unescaped", () => {
  const templates = join(directory, "../templates");
  for (const template of readdirSync(templates)) {
    expect(readFileSync(join(templates, template), "utf8")).not.toMatch(/\{\{\{|\{\{\s*&/);
  }
});

function run(program: string, ...rest: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd: directory, encoding: "utf8" });
  return { status, output: error?.message ?? stdout + stderr };
}

function has(program: string): boolean {
  return spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined;
}
