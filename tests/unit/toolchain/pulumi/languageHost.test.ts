import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { provideLanguageHost } from "../../../../toolchain/pulumi/languageHost.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const own = join(import.meta.dirname, "../../../../toolchain/pulumi/languageHost");

test("the project's own language host is added at the end of PATH if there is no official one", () => {
  const { pulumi, environment } = machine();
  expect(provideLanguageHost(pulumi, environment)["PATH"]).toBe(`/usr/bin:${own}`);
});

test("the language host next to the installed Pulumi is used, even if PATH has a symbolic link to Pulumi", () => {
  const { folder, environment } = machine();
  const pulumi = executable(join(folder, "opt/pulumi/bin/pulumi"), "");
  executable(join(folder, "opt/pulumi/bin/pulumi-language-nodejs"), "");
  symlinkSync(pulumi, join(folder, "bin/linked"));
  expect(provideLanguageHost(join(folder, "bin/linked"), environment)["PATH"]).toBe("/usr/bin");
});

test("a language host on PATH is used", () => {
  const { folder, pulumi } = machine();
  executable(join(folder, "path/pulumi-language-nodejs"), "");
  const PATH = join(folder, "path");
  expect(provideLanguageHost(pulumi, { PATH, PULUMI_HOME: folder })["PATH"]).toBe(PATH);
});

test("a language host in the plugin folder is used", () => {
  const { folder, pulumi, environment } = machine();
  mkdirSync(join(folder, "plugins/language-nodejs-v3.259.0"), { recursive: true });
  expect(provideLanguageHost(pulumi, environment)["PATH"]).toBe("/usr/bin");
});

function machine() {
  const folder = temporaryFolder();
  const pulumi = executable(join(folder, "bin/pulumi"), "");
  return { folder, pulumi, environment: { PATH: "/usr/bin", PULUMI_HOME: folder } };
}
