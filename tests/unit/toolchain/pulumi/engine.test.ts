import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { version } from "@pulumi/pulumi/version.js";
import { expect, test } from "vitest";
import { prepareEngine } from "../../../../toolchain/pulumi/engine.ts";
import { recipeVersion } from "../../../../toolchain/pulumi/pulumiCli.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const node = dirname(process.execPath);

test("a Pulumi that is installed with its language host and plugin is used as it is", async () => {
  const folder = temporaryFolder();
  executable(join(folder, "bin/pulumi"), "exit 1");
  executable(join(folder, "bin/pulumi-language-nodejs"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const given = { PATH: `/opt/bin:${folder}/bin`, PULUMI_HOME: folder, XDG_CACHE_HOME: folder };
  const { PATH } = await prepareEngine(given);
  expect(PATH).toBe(`${node}:/opt/bin:${folder}/bin`);
});

test("a Pulumi from the cache is put on PATH", async () => {
  const folder = temporaryFolder();
  const built = dirname(executable(join(folder, `redis-ha/pulumi-${version}/pulumi`), "exit 1"));
  executable(join(built, "pulumi-language-nodejs"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const { PATH } = await prepareEngine({ PATH: "/opt/bin", PULUMI_HOME: folder, XDG_CACHE_HOME: folder });
  expect(PATH).toBe(`${node}:${built}:/opt/bin`);
});

test("what the user has set stays", async () => {
  const folder = temporaryFolder();
  executable(join(folder, "bin/pulumi"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const set = { PULUMI_SKIP_UPDATE_CHECK: "false", NODE_COMPILE_CACHE: "/elsewhere" };
  const prepared = await prepareEngine({ PATH: join(folder, "bin"), PULUMI_HOME: folder, ...set });
  expect(prepared).toMatchObject(set);
});

test("the Pulumi that is built and the SDK of the program are one version", async () => {
  expect(await recipeVersion()).toBe(version);
});
