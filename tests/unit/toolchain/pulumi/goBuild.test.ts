import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goBuild, goModuleFolder, recipeDigest } from "../../../../toolchain/pulumi/goBuild.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const advice = "do something else";

test("Go runs in the folder of the module, without cgo, a workspace or the flags of the user", async () => {
  const { folder, environment } = machine('pwd > log; echo "$CGO_ENABLED $GOWORK [$GOFLAGS] $*" >> log');
  const variables = { "example.org/version.Version": "1.2" };
  const programs = { directory: folder, packages: ["./a", "./b"], output: "/out/", variables, tags: ["x", "y"] };
  await goBuild(programs, advice, { ...environment, GOFLAGS: "-mod=mod" });
  expect(readFileSync(join(folder, "log"), "utf8")).toBe(
    `${folder}\n0 off [] build -v -trimpath -mod=readonly -buildvcs=false -tags=x,y ` +
      "-ldflags=-s -w -X example.org/version.Version=1.2 -o /out/ ./a ./b\n",
  );
});

test("a Go build reports the number of downloaded modules and of compiled packages", async () => {
  const { folder, environment } = machine(`
    case $1 in
      list) echo 'go: downloading example.org/m v1.0.0' >&2; printf 'a\n\nb\nc\n' ;;
      build) printf 'a\nb\nc\n' >&2 ;;
    esac`);
  const progress: string[] = [];
  await goBuild(programsIn(folder), advice, environment, (text) => progress.push(text));
  expect(progress).toEqual([
    "1 modules downloaded",
    "1 of 3 packages compiled",
    "2 of 3 packages compiled",
    "linking 3 packages",
  ]);
});

test("the error of a failed Go build leaves out the packages that were compiled", async () => {
  const { folder, environment } = machine(`
    case $1 in
      list) printf 'a\nb\n' ;;
      build) printf 'a\nb\n# b\nb.go:1: undefined: x\n' >&2; exit 1 ;;
    esac`);
  await expect(goBuild(programsIn(folder), advice, environment)).rejects.toMatchObject({
    what: expect.stringMatching(/failed with exit code 1:\n# b\nb\.go:1: undefined: x$/),
  });
});

test("goModuleFolder returns the folder to which Go has downloaded the module", async () => {
  const { folder, environment } = machine(`echo '{"Path": "example.org/m", "Dir": "/modules/m"}'`);
  expect(await goModuleFolder(folder, "example.org/m", advice, environment)).toBe("/modules/m");
});

test("the error of a failed Go build contains the output of Go and says what to do", async () => {
  const { folder, environment } = machine("echo 'checksum mismatch' >&2; exit 1");
  const programs = { directory: folder, packages: ["."], output: "x", variables: {} };
  await expect(goBuild(programs, advice, environment)).rejects.toMatchObject({
    name: "SetupError",
    what: expect.stringContaining("checksum mismatch"),
    advice,
  });
});

describe("the digest of a build recipe", () => {
  test("is the same for the same files in another folder", async () => {
    const first = recipeFolder();
    const second = join(temporaryFolder(), "copy");
    cpSync(first, second, { recursive: true });
    expect(await recipeDigest(second, [1])).toBe(await recipeDigest(first, [1]));
  });

  test.each<[string, (folder: string) => void]>([
    ["the content of a file changes", (folder) => writeFileSync(join(folder, "go.mod"), "module b\n")],
    ["a file is renamed", (folder) => renameSync(join(folder, "deep/main.go"), join(folder, "deep/other.go"))],
    ["a file is added", (folder) => writeFileSync(join(folder, "deep/more.go"), "")],
  ])("changes when %s", async (_change, change) => {
    const folder = recipeFolder();
    const before = await recipeDigest(folder);
    change(folder);
    expect(await recipeDigest(folder)).not.toBe(before);
  });

  test("changes when the parameters change", async () => {
    const folder = recipeFolder();
    expect(await recipeDigest(folder, ["1.34.3"])).not.toBe(await recipeDigest(folder, ["1.34.4"]));
  });
});

function programsIn(directory: string) {
  return { directory, packages: ["."], output: "x", variables: {} };
}

function recipeFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "go.mod"), "module a\n");
  writeFileSync(join(folder, "deep/main.go"), "package main\n");
  return folder;
}

/** Creates a machine whose `go` runs the given shell script. */
function machine(behaviour: string) {
  const folder = temporaryFolder();
  executable(join(folder, "bin/go"), behaviour);
  return { folder, environment: { PATH: `${folder}/bin:/usr/bin:/bin` } };
}
