import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Clone } from "../support/toolchain/clone.ts";
import { temporaryFolder } from "../support/unit/temporaryFolder.ts";

const root = join(import.meta.dirname, "../..");

/**
 * Every user can write to the folder for temporary files, and can create a folder there before a program does. tsx, for
 * example, loads compiled code from `tsx-UID` without checking the owner of that folder.
 */
test("commands load no code from the folder for temporary files, and leave no files in it", () => {
  const shared = temporaryFolder();
  const prepared = `tsx-${userInfo().uid}`;
  mkdirSync(join(shared, prepared));
  chmodSync(join(shared, prepared), 0o777);
  for (const commandLine of [
    ["help"],
    ["manifests", "--stack", "prod", "--folder", join(temporaryFolder(), "review")],
  ]) {
    execFileSync(process.execPath, ["toolchain/bootstrap.mjs", ...commandLine], {
      cwd: root,
      env: { ...process.env, TMPDIR: shared },
      stdio: "pipe",
    });
    expect(readdirSync(shared, { recursive: true })).toEqual([prepared]);
  }
});

test("the stack trace of a bug shows the line of the TypeScript source", async () => {
  const clone = Clone.withProgram("");
  clone.write(
    "operations/main.ts",
    ["interface Lost {", "  readonly what: string;", "}", "", 'throw new Error("lost");'].join("\n"),
  );
  const { code, output } = await clone.run("help");
  expect(code).toBe(1);
  expect(output).toContain("Error: lost\n");
  expect(output).toContain("operations/main.ts:5:7");
});
