import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureDebianPackages } from "../../../toolchain/base/debianPackages.ts";
import { SetupError } from "../../../toolchain/base/setupError.mjs";
import { prepareDocker } from "../../../toolchain/docker/docker.ts";
import { builtPulumi } from "../../../toolchain/pulumi/pulumiCli.ts";
import { ScriptProcess } from "../../support/unit/scriptProcess.ts";
import { temporaryFolder } from "../../support/unit/temporaryFolder.ts";

describe("the error about a missing program says what to do", () => {
  test("if neither Pulumi nor Go is installed", async () => {
    const folder = temporaryFolder();
    const failure = await failureOf(builtPulumi({ PATH: folder, XDG_CACHE_HOME: folder }));
    expect(failure.message).toBe(
      "there is no `pulumi` on PATH, and no `go` to build it with\n" +
        "  install Pulumi, https://www.pulumi.com/docs/install/, or Go, https://go.dev/doc/install, and run the command again",
    );
  });

  test("if Debian packages are missing on a machine without apt-get", async () => {
    const PATH = temporaryFolder();
    const wanted = [
      { package: "redis-tools", command: "redis-cli", why: "the tests run real Redis" },
      { package: "shellcheck", command: "shellcheck", why: "it checks the shell scripts" },
    ];
    const failure = await failureOf(ensureDebianPackages(wanted, { PATH }));
    expect(failure.message).toBe(
      "redis-cli is missing (the tests run real Redis), shellcheck is missing (it checks the shell scripts)\n" +
        "  install the missing programs; as root on Debian or Ubuntu: apt-get install --no-install-recommends redis-tools shellcheck",
    );
  });

  test("if the Docker daemon at DOCKER_HOST does not answer", async () => {
    const socket = join(temporaryFolder(), "docker.sock");
    const failure = await failureOf(prepareDocker({ DOCKER_HOST: `unix://${socket}` }));
    expect(failure.message).toBe(
      `no Docker daemon answers at unix://${socket} (connect ENOENT ${socket})\n` +
        "  start that daemon, or select another one with DOCKER_HOST or `docker context use`",
    );
  });

  test("if Node is too old and has no npm package for this platform", async () => {
    const bootstrap = new ScriptProcess(`
      import os from "node:os";
      import { syncBuiltinESMExports } from "node:module";
      Object.defineProperty(process.versions, "node", { value: "18.19.0" });
      os.platform = () => "plan9";
      syncBuiltinESMExports();
      await import("toolchain/bootstrap.mjs");
    `);
    expect(await bootstrap.ended()).toEqual({
      ending: 69,
      output:
        "error: Node 22.19 or newer is needed, this is Node 18.19.0\n" +
        "  install Node from https://nodejs.org/en/download and run the command again\n",
    });
  });
});

async function failureOf(work: Promise<unknown>): Promise<SetupError> {
  const failure = await work.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SetupError);
  return failure as SetupError;
}
