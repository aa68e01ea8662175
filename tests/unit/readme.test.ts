import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Command } from "../../operations/command.ts";
import * as cluster from "../../toolchain/kubernetes/programs.ts";
import * as provider from "../../toolchain/pulumi/kubernetesPlugin.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("README lists exactly the commands that take --stack", async () => {
  const stated = /((?:`[a-z:]+`(?:, | and\s)?)+)\s?take `--stack NAME`/m.exec(readme)?.[1];
  const names = [...(stated ?? "").matchAll(/`([a-z:]+)`/g)].map(([, name]) => name);
  const commands = await Promise.all(commandFiles().map(load));
  const takingStack = commands.filter(({ options }) => "stack" in options).map(({ name }) => name);
  // `pulumi` passes --stack on to Pulumi, so it does not declare that option.
  expect(names.toSorted()).toEqual([...takingStack, "pulumi"].toSorted());
});

test("docs/architecture.md lists exactly the rooms of the project", () => {
  const architecture = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const rooms = [...architecture.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, room]) => room);
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .filter((name) => !["node_modules", "manifests", "docs"].includes(name));
  expect(rooms.toSorted()).toEqual(folders.toSorted());
});

test("README states the build times of the test cluster's programs once, and they match the code", () => {
  const times = [...readme.matchAll(/\(about (\d+) minutes on 2 cores\)/g)].map(([, minutes]) => Number(minutes));
  expect(times).toEqual([cluster.buildMinutes, provider.buildMinutes]);
});

test("no other document or message states a build time", () => {
  const files = ["operations", "toolchain", "hosts", "tests/benchmarks"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs|md)$/.test(file))
      .map((file) => join(folder, file)),
  );
  const stating = files.filter((file) =>
    /buil[^.]*\b(\d+|nine|six|five|fifteen) minutes/i.test(readFileSync(join(root, file), "utf8")),
  );
  expect(stating).toEqual([]);
});

function commandFiles(): readonly string[] {
  return ["commands", "development"].flatMap((folder) =>
    readdirSync(join(root, "operations", folder)).map((file) => join(root, "operations", folder, file)),
  );
}

/** The command that a file exports. Files that are shared by commands export none. */
async function load(file: string): Promise<Pick<Command, "name" | "options">> {
  const { command } = (await import(file)) as { readonly command?: Command };
  return command ?? { name: "", options: {} };
}
