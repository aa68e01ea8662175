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

describe.skipIf(noDocker)(`a network of the Docker plugin${noDocker}`, () => {
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
    name: "prov-n",
    labels: [{ label: "set", value: "redis" }],
    ipamConfigs: [{ subnet: "10.211.21.0/24", gateway: "10.211.21.254", ipRange: "10.211.21.128/25" }],
    options: { "com.docker.network.bridge.enable_icc": "true" },
    internal: true,
  };

  test("is created in Docker with the settings of its inputs, and its state has the values that Docker chose", async () => {
    const { id, state } = await plugin.create("Network", "n", inputs);
    expect(await docker.getNetwork(id).inspect()).toMatchObject({
      Id: id,
      Name: "prov-n",
      Driver: "bridge",
      Internal: true,
      Attachable: false,
      EnableIPv6: false,
      Labels: { set: "redis" },
      Options: inputs.options,
      IPAM: {
        Driver: "default",
        Config: [{ Subnet: "10.211.21.0/24", Gateway: "10.211.21.254", IPRange: "10.211.21.128/25" }],
      },
    });
    expect(state).toMatchObject({ ...inputs, driver: "bridge", scope: "local", ipamDriver: "default" });
  });

  test("has no difference if no input changes, before and after a refresh", async () => {
    const made = await plugin.create("Network", "n", inputs);
    expect(await plugin.diff(made, inputs)).toMatchObject({ changes: "none" });
    const read = await plugin.read(made);
    expect(read).toEqual(made);
  });

  test("is replaced for any change, and is deleted first if its name was given in the program", async () => {
    const made = await plugin.create("Network", "n", inputs);
    expect(await plugin.diff(made, { ...inputs, ipamConfigs: [{ subnet: "10.211.22.0/24" }] })).toMatchObject({
      replaces: ["ipamConfigs"],
      deleteBeforeReplace: true,
    });
    const madeUp = await plugin.create("Network", "prov-n", { labels: [] });
    expect(madeUp.state["name"]).toMatch(/^prov-n-[0-9a-f]{7}$/);
    expect(await plugin.diff(madeUp, { labels: [], attachable: true })).toMatchObject({
      replaces: ["attachable"],
      deleteBeforeReplace: false,
    });
  });

  test("that overlaps another network causes an error with the name and subnet of the other network", async () => {
    await plugin.create("Network", "n", inputs);
    const overlapping = { name: "prov-wide", ipamConfigs: [{ subnet: "10.211.0.0/16" }] };
    await expect(plugin.create("Network", "wide", overlapping)).rejects.toThrow(
      "cannot create network prov-wide: Pool overlaps with other one on this address space; 10.211.0.0/16 overlaps 10.211.21.0/24 of network prov-n: choose another subnet, or remove that network",
    );
  });

  test("whose name is in use causes an error that says what to do", async () => {
    await plugin.create("Network", "n", inputs);
    await expect(plugin.create("Network", "n", { name: "prov-n" })).rejects.toThrow(
      "network with name prov-n already exists; a network with this name exists and is not in the state of this stack; remove it with docker network rm prov-n, or choose another name",
    );
  });

  test("is removed after its last container has left it", async () => {
    const network = await plugin.create("Network", "n", inputs);
    const networksAdvanced = [{ name: network.id }];
    await plugin.create("Container", "c", {
      name: "prov-c",
      image: testImage,
      command: ["sleep", "300"],
      networksAdvanced,
    });
    const removal = plugin.delete(network);
    await docker.getContainer("prov-c").remove({ force: true });
    await removal;
    await expect(docker.getNetwork(network.id).inspect()).rejects.toThrow("not found");
  });

  test("has its pending deletion interrupted when the update is cancelled", async () => {
    const other = await Plugin.start();
    const network = await other.create("Network", "n", inputs);
    const networksAdvanced = [{ name: network.id }];
    await other.create("Container", "c", {
      name: "prov-c",
      image: testImage,
      command: ["sleep", "300"],
      networksAdvanced,
    });
    const removal = other.delete(network).catch((error: Error) => error.message);
    await other.cancel();
    expect(await removal).toMatch(/^interrupted while /);
    other.stop();
  });

  test("that no longer exists is read as missing, and its deletion succeeds", async () => {
    const made = await plugin.create("Network", "n", inputs);
    await docker.getNetwork(made.id).remove();
    expect(await plugin.read(made)).toBeUndefined();
    await plugin.delete(made);
  });

  test("can be imported by its id", async () => {
    const made = await plugin.create("Network", "n", inputs);
    const imported = await plugin.import("Network", "n", made.id);
    expect(imported?.inputs).toMatchObject(inputs);
    expect(imported && (await plugin.diff(imported, inputs))).toMatchObject({ changes: "none" });
  });
});
