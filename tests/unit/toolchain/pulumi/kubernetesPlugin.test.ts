import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { prepareEngine } from "../../../../toolchain/pulumi/engine.ts";
import { recipeDigest } from "../../../../toolchain/pulumi/goBuild.ts";
import { provideKubernetesPlugin } from "../../../../toolchain/pulumi/kubernetesPlugin.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const recipe = join(import.meta.dirname, "../../../../toolchain/pulumi/kubernetesPlugin");
const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
beforeEach(() => stderr.mockClear());

describe("the official Kubernetes plugin is used", () => {
  test.each(["4.34.2", "4.40.0"])("if release %s is installed", async (version) => {
    const { folder, provide } = machine("exit 1");
    mkdirSync(join(folder, `plugins/resource-kubernetes-v${version}`), { recursive: true });
    expect(await provide()).toBe("/usr/bin:/bin");
  });

  test("if it can be downloaded", async () => {
    expect(await machine("exit 0").provide()).toBe("/usr/bin:/bin");
  });
});

describe("if the official Kubernetes plugin cannot be downloaded", () => {
  test("the plugin in the cache is added at the end of PATH, and nothing is written to the user's plugin folder", async () => {
    const { folder, provide } = machine("exit 1");
    const built = join(folder, `redis-ha/kubernetes-plugin-4.18.1-${await recipeDigest(recipe)}`);
    executable(join(built, "pulumi-resource-kubernetes"), "");
    expect(await provide()).toBe(`/usr/bin:/bin:${built}`);
    expect(existsSync(join(folder, "plugins"))).toBe(false);
    expect(stderr.mock.calls.join("")).toContain(
      "using Kubernetes provider 4.18.1, built from its Go module: the official",
    );
  });

  test("the error says what to do if Go is missing as well", async () => {
    await expect(machine("exit 1").provide("/nowhere")).rejects.toMatchObject({
      name: "SetupError",
      what: "there is no `go` on PATH",
      advice: expect.stringContaining("pulumi plugin install resource kubernetes"),
    });
  });
});

test("an engine for Docker alone does not get the Kubernetes plugin", async () => {
  const { folder, environment } = machine("exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const PATH = `${folder}/bin`;
  const { PATH: prepared } = await prepareEngine({ ...environment, PATH }, ["docker"]);
  expect(prepared).not.toContain("kubernetes-plugin");
});

/** Creates a machine whose `pulumi` runs the given shell script. */
function machine(behaviour: string) {
  const folder = temporaryFolder();
  const pulumi = executable(join(folder, "bin/pulumi"), behaviour);
  const environment = { PULUMI_HOME: folder, XDG_CACHE_HOME: folder };
  const provide = async (PATH = "/usr/bin:/bin") =>
    (await provideKubernetesPlugin(pulumi, { ...environment, PATH }))["PATH"];
  return { folder, environment, provide };
}
