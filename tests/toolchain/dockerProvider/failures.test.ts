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

describe.skipIf(noDocker)(`a container that cannot be made${noDocker}`, () => {
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
      () => "it was made",
      (error: Error) => error.message,
    );
  }

  test("because a program has its port says which", async () => {
    const script = 'require("net").createServer().listen(28510, "127.0.0.1", () => console.log("listening"))';
    const program = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void program.kill());
    await once(program.stdout, "data");
    expect(await refused({ ports: [{ internal: 80, external: 28510, ip: "127.0.0.1" }] })).toMatch(
      new RegExp(
        `^cannot start container prov-refused: .*address already in use; port 28510 is taken by program node \\(process ${program.pid}\\): stop that, or publish another port$`,
      ),
    );
  });

  test("because a container has its port says which", async () => {
    const ports = [{ internal: 80, external: 28511, ip: "127.0.0.1" }];
    await plugin.create("Container", "c", { ...sleeping, name: "prov-holder", ports });
    expect(await refused({ ports })).toMatch(
      /^cannot start container prov-refused: .*; port 28511 is taken by container prov-holder: stop that, or publish another port$/,
    );
  });

  test("because a container has its address says which", async () => {
    await plugin.create("Network", "n", { name: "prov-n", ipamConfigs: [{ subnet: "10.211.23.0/24" }] });
    const networksAdvanced = [{ name: "prov-n", ipv4Address: "10.211.23.9" }];
    await plugin.create("Container", "c", { ...sleeping, name: "prov-holder", networksAdvanced });
    expect(await refused({ networksAdvanced })).toBe(
      "cannot start container prov-refused: Address already in use; 10.211.23.9 is the address of container prov-holder: choose another one",
    );
  });

  test("because its name is taken says what to do", async () => {
    await docker.createContainer({ name: "prov-taken", Image: testImage, Cmd: ["true"] });
    expect(await refused({ name: "prov-taken" })).toMatch(
      /^cannot create container prov-taken: Conflict\..*; a container of this name exists that is not in the state of this stack; remove it with docker rm --force prov-taken, or choose another name$/,
    );
  });

  test("because its image is missing says why it cannot be pulled", async () => {
    expect(await refused({ image: "127.0.0.1:1/prov-none:1" })).toMatch(
      /^image 127\.0\.0\.1:1\/prov-none:1 is not on this Docker and cannot be pulled: .*refused; build or load it first/,
    );
  });

  test("because its command is missing says so in Docker's words", async () => {
    expect(await refused({ command: ["no-such-program"], init: false })).toMatch(
      /^cannot start container prov-refused: .*"no-such-program": executable file not found/,
    );
  });

  test("because files cannot be put into a read-only one says what to do instead", async () => {
    expect(await refused({ readOnly: true, uploads: [{ file: "/a", content: "x" }] })).toBe(
      "cannot upload files to container prov-refused: container rootfs is marked read-only; Docker cannot put files into a container with readOnly: mount the files, or leave out readOnly",
    );
  });

  test("because a file to upload is missing names it", async () => {
    expect(await refused({ uploads: [{ file: "/a", source: "/no/such/file" }] })).toBe(
      "uploads: the source of /a cannot be read: ENOENT: no such file or directory, open '/no/such/file'",
    );
  });

  test("because a network is missing names it", async () => {
    expect(await refused({ networksAdvanced: [{ name: "prov-none" }] })).toContain("network prov-none not found");
  });
});

describe("a Docker that cannot be reached", () => {
  const elsewhere = "set DOCKER_HOST, or host of the Docker provider, to where it listens";

  test.each([
    ["unix:///no/such.sock", `nothing listens there (ENOENT); start Docker, or ${elsewhere}`],
    ["tcp://127.0.0.1:1", `nothing listens there (ECONNREFUSED); start Docker, or ${elsewhere}`],
    ["tcp://no-such-host.invalid:2375", `the name of the host is not known (ENOTFOUND); ${elsewhere}`],
  ])("at %s is named, with what to do", async (host, reason) => {
    const plugin = await Plugin.start({ host });
    onTestFinished(() => plugin.stop());
    await expect(plugin.create("Volume", "v", { name: "prov-v" })).rejects.toThrow(
      `Docker at ${host} cannot be reached: ${reason}`,
    );
  });
});
