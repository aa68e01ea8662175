import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { prepareEngine } from "../../../../toolchain/pulumi/engine.ts";
import { recipeDigest } from "../../../../toolchain/pulumi/goBuild.ts";
import { provideKubernetesPlugin } from "../../../../toolchain/pulumi/kubernetesPlugin.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const recipe = join(import.meta.dirname, "../../../../toolchain/pulumi/kubernetesPlugin");
const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
beforeEach(() => said.mockClear());

describe("the official plugin is used", () => {
  test.each(["4.34.2", "4.40.0"])("when release %s is installed", async (version) => {
    const { folder, provide } = machine("exit 1");
    mkdirSync(join(folder, `plugins/resource-kubernetes-v${version}`), { recursive: true });
    expect(await provide()).toBe("/usr/bin:/bin");
  });

  test("when it can be downloaded", async () => {
    expect(await machine("exit 0").provide()).toBe("/usr/bin:/bin");
  });
});

describe("where it cannot be downloaded", () => {
  test("the one in the cache comes last on PATH, and nothing is written into the user's plugin folder", async () => {
    const { folder, provide } = machine("exit 1");
    const built = join(folder, `redis-ha/kubernetes-plugin-4.18.1-${await recipeDigest(recipe)}`);
    executable(join(built, "pulumi-resource-kubernetes"), "");
    expect(await provide()).toBe(`/usr/bin:/bin:${built}`);
    expect(existsSync(join(folder, "plugins"))).toBe(false);
    expect(said.mock.calls.join("")).toContain("using Kubernetes provider 4.18.1, built from its Go module: Pulumi's");
  });

  test("and where there is no Go either, the error says what to do", async () => {
    await expect(machine("exit 1").provide("/nowhere")).rejects.toMatchObject({
      name: "SetupError",
      what: "there is no `go` on PATH",
      advice: expect.stringContaining("pulumi plugin install resource kubernetes"),
    });
  });
});

test("an engine for Docker alone needs no plugin of Kubernetes", async () => {
  const { folder, environment } = machine("exit 1");
  mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
  const PATH = `${folder}/bin`;
  const { PATH: prepared } = await prepareEngine({ ...environment, PATH }, ["docker"]);
  expect(prepared).not.toContain("kubernetes-plugin");
});

/** A machine whose `pulumi` does what is said. */
function machine(behaviour: string) {
  const folder = temporaryFolder();
  const pulumi = executable(join(folder, "bin/pulumi"), behaviour);
  const environment = { PULUMI_HOME: folder, XDG_CACHE_HOME: folder };
  const provide = async (PATH = "/usr/bin:/bin") =>
    (await provideKubernetesPlugin(pulumi, { ...environment, PATH }))["PATH"];
  return { folder, environment, provide };
}
