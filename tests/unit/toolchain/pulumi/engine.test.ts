import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { version } from "@pulumi/pulumi/version.js";
import { expect, test } from "vitest";
import { prepareEngine } from "../../../../toolchain/pulumi/engine.ts";
import { recipeVersion } from "../../../../toolchain/pulumi/pulumiCli.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const node = dirname(process.execPath);

test("an installed Pulumi with its language host and plugin is used, and PATH only gets the running Node", async () => {
  const folder = temporaryFolder();
  executable(join(folder, "bin/pulumi"), "exit 1");
  executable(join(folder, "bin/pulumi-language-nodejs"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const given = { PATH: `/opt/bin:${folder}/bin`, PULUMI_HOME: folder, XDG_CACHE_HOME: folder };
  const { PATH } = await prepareEngine(given);
  expect(PATH).toBe(`${node}:/opt/bin:${folder}/bin`);
});

test("the Pulumi in the cache is added to PATH if none is installed", async () => {
  const folder = temporaryFolder();
  const built = dirname(executable(join(folder, `redis-ha/pulumi-${version}/pulumi`), "exit 1"));
  executable(join(built, "pulumi-language-nodejs"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const { PATH } = await prepareEngine({ PATH: "/opt/bin", PULUMI_HOME: folder, XDG_CACHE_HOME: folder });
  expect(PATH).toBe(`${node}:${built}:/opt/bin`);
});

test("environment variables that the user has set keep their values", async () => {
  const folder = temporaryFolder();
  executable(join(folder, "bin/pulumi"), "exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const set = { PULUMI_SKIP_UPDATE_CHECK: "false", NODE_COMPILE_CACHE: "/elsewhere" };
  const prepared = await prepareEngine({ PATH: join(folder, "bin"), PULUMI_HOME: folder, ...set });
  expect(prepared).toMatchObject(set);
});

test("the Pulumi that is built has the version of the SDK", async () => {
  expect(await recipeVersion()).toBe(version);
});
