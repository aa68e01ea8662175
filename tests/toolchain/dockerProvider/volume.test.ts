import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  cleanUp,
  docker,
  makeTestImage,
  noDocker,
  removeTestImage,
  testImage,
} from "../../support/toolchain/dockerProvider/daemon.ts";
import { Plugin } from "../../support/toolchain/dockerProvider/plugin.ts";

describe.skipIf(noDocker)(`a volume of the Docker plugin${noDocker}`, () => {
  let plugin: Plugin;

  beforeAll(async () => {
    plugin = await Plugin.start();
    await makeTestImage();
  });

  afterEach(cleanUp);

  afterAll(async () => {
    plugin.stop();
    await removeTestImage();
  });

  const inputs = {
    name: "prov-v",
    labels: [{ label: "set", value: "redis" }],
    driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m" },
  };

  test("is created in Docker with the settings of its inputs, and its id is its name", async () => {
    const { id, state } = await plugin.create("Volume", "v", inputs);
    const { Mountpoint: mountpoint, ...found } = await docker.getVolume("prov-v").inspect();
    expect(found).toMatchObject({ Driver: "local", Labels: { set: "redis" }, Options: inputs.driverOpts });
    expect(id).toBe("prov-v");
    expect(state).toMatchObject({ ...inputs, driver: "local", mountpoint });
  });

  test("has no difference if no input changes, and is replaced for any change", async () => {
    const made = await plugin.create("Volume", "v", inputs);
    expect(await plugin.diff(made, inputs)).toMatchObject({ changes: "none" });
    expect(await plugin.read(made)).toEqual(made);
    expect(await plugin.diff(made, { name: "prov-v" })).toMatchObject({
      replaces: ["driverOpts", "labels"],
      deleteBeforeReplace: true,
    });
  });

  test("is removed after the last container that uses it has been removed", async () => {
    const volume = await plugin.create("Volume", "v", { name: "prov-v" });
    const volumes = [{ volumeName: "prov-v", containerPath: "/data" }];
    await plugin.create("Container", "c", { name: "prov-c", image: testImage, command: ["sleep", "300"], volumes });
    const removal = plugin.delete(volume);
    await docker.getContainer("prov-c").remove({ force: true });
    await removal;
    await expect(docker.getVolume("prov-v").inspect()).rejects.toThrow("no such volume");
  });

  test("that no longer exists is read as missing, and its deletion succeeds", async () => {
    const made = await plugin.create("Volume", "v", { name: "prov-v" });
    await docker.getVolume("prov-v").remove();
    expect(await plugin.read(made)).toBeUndefined();
    await plugin.delete(made);
  });

  test("can be imported by its name", async () => {
    await plugin.create("Volume", "v", inputs);
    const imported = await plugin.import("Volume", "v", "prov-v");
    expect(imported?.inputs).toMatchObject(inputs);
    expect(imported && (await plugin.diff(imported, inputs))).toMatchObject({ changes: "none" });
    expect(await plugin.import("Volume", "v", "prov-none")).toBeUndefined();
  });

  test("with the input cluster is refused, since the plugin has no cluster volumes", async () => {
    const { failures } = await plugin.check("Volume", "v", { name: "prov-v", cluster: { group: "g" } });
    expect(failures).toEqual([
      {
        property: "cluster",
        reason:
          "cluster is not implemented by this Docker plugin: use the official plugin of @pulumi/docker for cluster volumes",
      },
    ]);
  });
});
