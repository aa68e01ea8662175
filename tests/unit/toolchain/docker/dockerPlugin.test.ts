import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { provideDockerPlugin } from "../../../../toolchain/docker/dockerPlugin.ts";
import { executable } from "../../../support/unit/executable.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const own = join(import.meta.dirname, "../../../../toolchain/dockerProvider");
const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
beforeEach(() => stderr.mockClear());

const fails = "echo 'error: no such host' >&2; exit 1";

describe("the official Docker plugin is used", () => {
  test.each(["5.2.0", "5.2.7", "5.10.0"])("if release %s is installed", async (version) => {
    const { folder, provide, downloads } = machine(fails);
    mkdirSync(join(folder, `plugins/resource-docker-v${version}`), { recursive: true });
    expect(await provide()).toBe("/usr/bin:/bin");
    expect(downloads()).toEqual([]);
  });

  test("if it can be downloaded", async () => {
    const { provide, downloads } = machine("exit 0");
    expect(await provide()).toBe("/usr/bin:/bin");
    expect(downloads()).toEqual(["plugin install resource docker 5.2.0"]);
  });
});

test("a Docker plugin on the user's PATH is used", async () => {
  const { folder, environment, pulumi } = machine(fails);
  executable(join(folder, "path/pulumi-resource-docker"), "");
  const PATH = join(folder, "path");
  expect((await provideDockerPlugin(pulumi, { ...environment, PATH }))["PATH"]).toBe(PATH);
});

describe("if the official Docker plugin cannot be downloaded", () => {
  test("the project's own provider is added to PATH, one line reports it, and the download is not repeated for a day", async () => {
    const { folder, provide, downloads } = machine(fails);
    expect(await provide()).toBe(`/usr/bin:/bin:${own}`);
    expect(await provide()).toBe(`/usr/bin:/bin:${own}`);
    expect(downloads()).toHaveLength(1);
    const record = join(folder, "redis-ha/docker-plugin-5.2.0-not-to-be-had");
    expect(stderr.mock.calls.map(([line]) => line)).toEqual([
      "redis-ha: using this project's own Docker provider: the official plugin cannot be downloaded " +
        `(see ${record}); the download is tried again tomorrow\n`,
    ]);
    expect(readFileSync(record, "utf8")).toContain("error: no such host");
  });

  test("the download is repeated after a day", async () => {
    const { folder, provide, downloads } = machine(fails);
    await provide();
    const cache = join(folder, "redis-ha");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(cache, readdirSync(cache)[0]!), yesterday, yesterday);
    await provide();
    expect(downloads()).toHaveLength(2);
  });

  test.each(["resource-docker-v5.1.9", "resource-docker-v4.9.0", "resource-docker-v6.0.0", "resource-aws-v6.0.0"])(
    "an installed %s is not used",
    async (plugin) => {
      const { folder, provide } = machine(fails);
      mkdirSync(join(folder, "plugins", plugin), { recursive: true });
      expect(await provide()).toBe(`/usr/bin:/bin:${own}`);
    },
  );

  test("a partly installed plugin is not used", async () => {
    const { folder, provide } = machine(fails);
    mkdirSync(join(folder, "plugins/resource-docker-v5.2.0"), { recursive: true });
    writeFileSync(join(folder, "plugins/resource-docker-v5.2.0.partial"), "");
    expect(await provide()).toBe(`/usr/bin:/bin:${own}`);
  });

  test("nothing is written to the user's plugin folder", async () => {
    const { folder, provide } = machine(fails);
    await provide();
    expect(existsSync(join(folder, "plugins"))).toBe(false);
  });
});

/** Creates a machine whose `pulumi` records its arguments and then runs the given shell script. */
function machine(behaviour: string) {
  const folder = temporaryFolder();
  const log = join(folder, "log");
  writeFileSync(log, "");
  const pulumi = executable(join(folder, "bin/pulumi"), `echo "$*" >> ${log}\n${behaviour}`);
  const environment = { PATH: "/usr/bin:/bin", PULUMI_HOME: folder, XDG_CACHE_HOME: folder };
  const provide = async () => (await provideDockerPlugin(pulumi, environment))["PATH"];
  const downloads = () => readFileSync(log, "utf8").split("\n").filter(Boolean);
  return { folder, pulumi, environment, provide, downloads };
}
