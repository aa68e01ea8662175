import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findOnPath, withFolderFirst, withFolderLast } from "../../../../toolchain/base/searchPath.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

test("findOnPath returns the first executable file with the given name", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "a/pulumi"), { recursive: true });
  mkdirSync(join(folder, "b"));
  writeFileSync(join(folder, "b/pulumi"), "not executable");
  const found = executable(join(folder, "c/pulumi"), "");
  executable(join(folder, "d/pulumi"), "");
  const PATH = ["a", "b", "", "c", "d"].map((name) => name && join(folder, name)).join(":");
  expect(findOnPath("pulumi", { PATH })).toBe(found);
});

test("findOnPath returns undefined if PATH is not set", () => {
  expect(findOnPath("sh", {})).toBeUndefined();
});

test("a folder can be added at the start or at the end of PATH", () => {
  expect(withFolderFirst("/new", { PATH: "/a:/b", HOME: "/h" })).toEqual({ PATH: "/new:/a:/b", HOME: "/h" });
  expect(withFolderLast("/new", { PATH: "/a:/b", HOME: "/h" })).toEqual({ PATH: "/a:/b:/new", HOME: "/h" });
  expect(withFolderLast("/new", {})).toEqual({ PATH: "/new" });
});
