import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  cleanUp,
  docker,
  makeTestImage,
  noDocker,
  removeTestImage,
  testImage,
} from "../../support/toolchain/dockerProvider/daemon.ts";
import { Plugin, type Values } from "../../support/toolchain/dockerProvider/plugin.ts";

describe.skipIf(noDocker)(`the error about a container that cannot be created${noDocker}`, () => {
  let plugin: Plugin;

  beforeAll(async () => {
    plugin = await Plugin.start();
    await makeTestImage();
  });

  afterEach(async () => {
    const left = await docker.listContainers({ all: true, filters: { name: ["^/prov-refused$"] } });
    await cleanUp();
    expect(left, "a failed creation leaves no container behind").toEqual([]);
  });

  afterAll(async () => {
    plugin.stop();
    await removeTestImage();
  });

  const sleeping = { image: testImage, command: ["sleep", "300"], init: true };

  function refused(inputs: Values): Promise<string> {
    return plugin.create("Container", "refused", { ...sleeping, name: "prov-refused", ...inputs }).then(
      () => "it was created",
      (error: Error) => error.message,
    );
  }

  test("names the program that uses the port of the container", async () => {
    const script = 'require("net").createServer().listen(28510, "127.0.0.1", () => console.log("listening"))';
    const program = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void program.kill());
    await once(program.stdout, "data");
    expect(await refused({ ports: [{ internal: 80, external: 28510, ip: "127.0.0.1" }] })).toMatch(
      new RegExp(
        `^cannot start container prov-refused: .*address already in use; port 28510 is in use by program node \\(process ${program.pid}\\): stop it, or publish another port$`,
      ),
    );
  });

  test("names the other container that uses the port of the container", async () => {
    const ports = [{ internal: 80, external: 28511, ip: "127.0.0.1" }];
    await plugin.create("Container", "c", { ...sleeping, name: "prov-holder", ports });
    expect(await refused({ ports })).toMatch(
      /^cannot start container prov-refused: .*; port 28511 is in use by container prov-holder: stop it, or publish another port$/,
    );
  });

  test("names the other container that has the address of the container", async () => {
    await plugin.create("Network", "n", { name: "prov-n", ipamConfigs: [{ subnet: "10.211.23.0/24" }] });
    const networksAdvanced = [{ name: "prov-n", ipv4Address: "10.211.23.9" }];
    await plugin.create("Container", "c", { ...sleeping, name: "prov-holder", networksAdvanced });
    expect(await refused({ networksAdvanced })).toBe(
      "cannot start container prov-refused: Address already in use; 10.211.23.9 is the address of container prov-holder: choose another address",
    );
  });

  test("says what to do if the name of the container is in use", async () => {
    await docker.createContainer({ name: "prov-taken", Image: testImage, Cmd: ["true"] });
    expect(await refused({ name: "prov-taken" })).toMatch(
      /^cannot create container prov-taken: Conflict\..*; a container with this name exists and is not in the state of this stack; remove it with docker rm --force prov-taken, or choose another name$/,
    );
  });

  test("says why a missing image cannot be pulled", async () => {
    expect(await refused({ image: "127.0.0.1:1/prov-none:1" })).toMatch(
      /^image 127\.0\.0\.1:1\/prov-none:1 is missing in Docker and cannot be pulled: .*refused; build or load it first/,
    );
  });

  test("contains Docker's message about a missing command", async () => {
    expect(await refused({ command: ["no-such-program"], init: false })).toMatch(
      /^cannot start container prov-refused: .*"no-such-program": executable file not found/,
    );
  });

  test("says what to do if files cannot be uploaded to a read-only container", async () => {
    expect(await refused({ readOnly: true, uploads: [{ file: "/a", content: "x" }] })).toBe(
      "cannot upload files to container prov-refused: container rootfs is marked read-only; Docker cannot upload files to a container with readOnly: mount the files, or remove readOnly",
    );
  });

  test("names a missing file that was to be uploaded", async () => {
    expect(await refused({ uploads: [{ file: "/a", source: "/no/such/file" }] })).toBe(
      "uploads: the source of /a cannot be read: ENOENT: no such file or directory, open '/no/such/file'",
    );
  });

  test("names a missing network", async () => {
    expect(await refused({ networksAdvanced: [{ name: "prov-none" }] })).toContain("network prov-none not found");
  });
});

describe("the error about an unreachable Docker daemon", () => {
  const elsewhere = "set DOCKER_HOST, or host of the Docker provider, to the address of Docker";

  test.each([
    ["unix:///no/such.sock", `nothing listens at this address (ENOENT); start Docker, or ${elsewhere}`],
    ["tcp://127.0.0.1:1", `nothing listens at this address (ECONNREFUSED); start Docker, or ${elsewhere}`],
    ["tcp://no-such-host.invalid:2375", `the host name cannot be resolved (ENOTFOUND); ${elsewhere}`],
  ])("names the address %s, and says what to do", async (host, reason) => {
    const plugin = await Plugin.start({ host });
    onTestFinished(() => plugin.stop());
    await expect(plugin.create("Volume", "v", { name: "prov-v" })).rejects.toThrow(
      `Docker at ${host} cannot be reached: ${reason}`,
    );
  });
});
