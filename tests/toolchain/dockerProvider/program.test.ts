import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { withFolderFirst } from "../../../toolchain/base/searchPath.ts";
import {
  cleanUp,
  docker,
  makeTestImage,
  noDocker,
  removeTestImage,
  testImage,
} from "../../support/toolchain/dockerProvider/daemon.ts";
import { Project } from "../../support/toolchain/project.ts";

/**
 * A program with a network, a volume, an image and a container with a secret file. `container` overrides its inputs.
 */
function program(container = "", options = ""): string {
  return `
    import * as docker from "@pulumi/docker";
    import * as pulumi from "@pulumi/pulumi";
    const secret = pulumi.secret("not to be read by all");
    const network = new docker.Network("network", { name: "prov-n", ipamConfigs: [{ subnet: "10.211.24.0/24" }] });
    const volume = new docker.Volume("volume", { name: "prov-v" });
    const image = new docker.RemoteImage("image", { name: "${testImage}", keepLocally: true });
    const container = new docker.Container("container", {
      name: "prov-c",
      image: image.imageId,
      init: true,
      command: ["sleep", "300"],
      networksAdvanced: [{ name: network.id, ipv4Address: "10.211.24.9", aliases: ["first"] }],
      volumes: [{ volumeName: volume.name, containerPath: "/data" }],
      uploads: [{ file: "/password", content: secret, permissions: "0400" }, { file: "/plain", content: "plain" }],
      envs: [secret.apply((value) => "PASSWORD=" + value)],
      healthcheck: { tests: ["CMD", "true"], interval: "500ms" },
      wait: true,
      memory: 64,
      memorySwap: 64,
      ${container}
    }, { deleteBeforeReplace: true, ${options} });
    export const address = container.networkDatas.apply(([data]) => data?.ipAddress);
    export const id = container.id;
    export const volumeId = volume.id;
  `;
}

describe.skipIf(noDocker)(`a Pulumi program with the Docker plugin${noDocker}`, () => {
  beforeAll(makeTestImage);
  afterEach(cleanUp);
  afterAll(removeTestImage);

  async function project(text: string): Promise<Project> {
    const made = await Project.create(text);
    const plugin = join(import.meta.dirname, "../../../toolchain/dockerProvider");
    Object.assign(made.environment, withFolderFirst(plugin, made.environment));
    return made;
  }

  test("can be created, left unchanged, changed in place, replaced, repaired after a failure, and destroyed", async () => {
    const tiny = await project(program());
    expect(await tiny.up()).toMatchObject({ code: 0, output: expect.stringContaining("+ 5 created") });
    const first = await docker.getContainer("prov-c").inspect();
    expect(first.State.Health?.Status).toBe("healthy");
    expect(await tiny.outputs()).toEqual({ address: "10.211.24.9", id: first.Id, volumeId: "prov-v" });

    // A change of an input in ignoreChanges does not count.
    tiny.write("index.ts", program("restart: 'always',", "ignoreChanges: ['restart'],"));
    const refreshed = await tiny.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack", "trial");
    expect(refreshed).toMatchObject({ code: 0, output: expect.stringContaining("5 unchanged") });
    const preview = ["preview", "--stack", "trial"];
    expect(await tiny.pulumi(...preview, "--expect-no-changes")).toMatchObject({ code: 0 });
    const state = readFileSync(join(tiny.folder, "home/state/.pulumi/stacks/tiny/trial.json"), "utf8");
    expect(state).toContain("prov-c");
    expect(state).not.toContain("not to be read by all");

    tiny.write("index.ts", program("restart: 'unless-stopped',"));
    expect((await tiny.pulumi(...preview, "--diff")).output).toMatch(
      /~ docker:index\/container:Container: \(update\)[^+]*~ restart: "no" => "unless-stopped"/,
    );
    expect(await tiny.up()).toMatchObject({ code: 0, output: expect.stringContaining("~ 1 updated") });
    expect((await docker.getContainer("prov-c").inspect()).Id).toBe(first.Id);

    const healthcheck =
      'healthcheck: { tests: ["CMD-SHELL", "echo not yet; exit 1"], interval: "200ms" }, waitTimeout: 2,';
    tiny.write("index.ts", program(healthcheck, 'replaceOnChanges: ["healthcheck"],'));
    const failed = await tiny.up();
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(
      /error: container prov-c is not healthy: after 2 s it is [a-z]+; its health check last exited with 1: not yet\n *It printed nothing/,
    );
    await expect(docker.getContainer("prov-c").inspect()).rejects.toThrow("No such container");
    tiny.write("index.ts", program());
    expect(await tiny.up()).toMatchObject({ code: 0, output: expect.stringContaining("4 unchanged") });
    expect((await docker.getContainer("prov-c").inspect()).Id).not.toBe(first.Id);

    expect(await tiny.pulumi("destroy", "--yes", "--skip-preview", "--stack", "trial")).toMatchObject({ code: 0 });
    await expect(docker.getContainer("prov-c").inspect()).rejects.toThrow("No such container");
    await expect(docker.getNetwork("prov-n").inspect()).rejects.toThrow("not found");
    await expect(docker.getVolume("prov-v").inspect()).rejects.toThrow("no such volume");
  });

  test("fails before the container is created if it uses inputs that the plugin does not implement", async () => {
    const tiny = await project(program('gpus: "all", deviceRequests: [{ driver: "cdi" }],'));
    const failed = await tiny.pulumi("preview", "--stack", "trial");
    expect(failed.code).not.toBe(0);
    expect(failed.output).toContain("gpus is not implemented by this Docker plugin: use the official plugin");
    expect(failed.output).toContain("deviceRequests is not implemented by this Docker plugin: use the official plugin");
  });
});
