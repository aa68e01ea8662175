import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { imageFor } from "../../../images/catalog.ts";
import { localRecipes, type Recipe, recipeFolder, recipeHash } from "../../../images/recipes.ts";
import { typeScriptOptions } from "../../../toolchain/base/typeScript.mjs";
import type { ImagePart } from "../../../topology/topology.ts";

const parts: readonly ImagePart[] = ["redis", "gateway", "exporter", "commander"];

describe("the catalogue of images", () => {
  test.each([
    ["redis", "redis:8.2.9-alpine", "999:1000"],
    ["gateway", "haproxy:3.0.25-alpine", "99:99"],
    ["exporter", "oliver006/redis_exporter:v1.88.0-alpine", "59000:59000"],
    ["commander", "ghcr.io/joeferner/redis-commander:0.9.0", "10000:10000"],
  ] as const)(
    "pins the official image of %s to a release and runs it as the image's own user",
    (part, reference, user) => {
      expect(imageFor(part, "upstream")).toEqual({ reference, user });
    },
  );

  test.each(parts)("runs the local image of %s as the same user as the official one", (part) => {
    expect(imageFor(part, "local").user).toBe(imageFor(part, "upstream").user);
  });

  test.each([
    ["redis", "8.0"],
    ["gateway", "3.0"],
    ["exporter", "1.69"],
    ["commander", "0.9.0"],
  ] as const)("tags the local image of %s with its version and the hash of its recipe", (part, version) => {
    expect(imageFor(part, "local").reference).toBe(`redis-ha/${part}:${version}-${recipeHash(localRecipes[part])}`);
  });
});

describe("the hash of a recipe", () => {
  const recipe: Recipe = {
    version: "1.0",
    packages: ["busybox"],
    programs: ["/usr/bin/program"],
    files: ["/usr/share/file"],
    links: { "/link": "usr/bin/program" },
    account: { name: "account", uid: 1, gid: 2 },
    owned: "/data",
    workingDirectory: "/data",
    scripts: ["install.sh", "tree.sh"],
    inputs: ["package-lock.json"],
  };
  const contents = (file: string) => `content of ${file}`;

  test("is the same for the same recipe", () => {
    expect(recipeHash(structuredClone(recipe), contents)).toBe(recipeHash(recipe, contents));
  });

  test("is twelve hexadecimal digits, which are valid in a tag", () => {
    expect(recipeHash(recipe, contents)).toMatch(/^[0-9a-f]{12}$/);
  });

  test.each<Partial<Recipe>>([
    { version: "1.1" },
    { packages: ["busybox", "redis-server"] },
    { programs: [] },
    { files: [] },
    { links: { "/link": "usr/bin/other" } },
    { account: { name: "account", uid: 1, gid: 3 } },
    { owned: undefined },
    { workingDirectory: "/" },
    { scripts: ["tree.sh"] },
    { inputs: [] },
  ])("changes if the recipe changes: %o", (change) => {
    expect(recipeHash({ ...recipe, ...change }, contents)).not.toBe(recipeHash(recipe, contents));
  });

  test.each(["install.sh", "tree.sh", "package-lock.json"])("changes if a byte of %s changes", (changed) => {
    const read = (file: string) => (file === changed ? `${contents(file)}.` : contents(file));
    expect(recipeHash(recipe, read)).not.toBe(recipeHash(recipe, contents));
  });
});

describe("the recipes", () => {
  test("install the release of Redis Commander that the catalogue names", () => {
    const lock = JSON.parse(readFileSync(join(recipeFolder, "commander/package-lock.json"), "utf8"));
    expect(lock.packages["node_modules/redis-commander"].version).toBe(localRecipes.commander.version);
  });

  test("lock npm packages by checksum and name no registry", () => {
    const lock = JSON.parse(readFileSync(join(recipeFolder, "commander/package-lock.json"), "utf8"));
    const installed = Object.entries<Record<string, unknown>>(lock.packages).filter(([path]) => path !== "");
    expect(installed.filter(([, entry]) => typeof entry["integrity"] !== "string")).toEqual([]);
    expect(installed.filter(([, entry]) => "resolved" in entry)).toEqual([]);
  });
});

test("the catalogue loads only the recipes, since every start of the program loads it", () => {
  const listing = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import("./images/catalog.ts");
    console.log(JSON.stringify(loaded.filter((url) => url.startsWith("file:"))));
  `;
  const root = join(recipeFolder, "..");
  const output = execFileSync(process.execPath, [...typeScriptOptions, "--input-type=module", "--eval", listing], {
    cwd: root,
    encoding: "utf8",
  });
  const loaded: string[] = JSON.parse(output);
  expect(loaded.map((url) => relative(root, fileURLToPath(url)))).toEqual(["images/catalog.ts", "images/recipes.ts"]);
});
