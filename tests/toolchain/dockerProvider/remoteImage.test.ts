import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { docker, noDocker } from "../../support/toolchain/dockerProvider/daemon.ts";
import { EngineLog } from "../../support/toolchain/dockerProvider/engine.ts";
import { Plugin } from "../../support/toolchain/dockerProvider/plugin.ts";
import { Registry } from "../../support/toolchain/dockerProvider/registry.ts";

describe.skipIf(noDocker)(`an image of the Docker plugin${noDocker}`, () => {
  let plugin: Plugin;
  let log: EngineLog;

  beforeAll(async () => {
    const [engineLog, address] = await EngineLog.listen();
    log = engineLog;
    plugin = await Plugin.start({}, { engine: address });
  });

  afterEach(async () => {
    log.lines.length = 0;
    const images = await docker.listImages();
    const pulled = images.filter((image) => image.RepoTags?.some((tag) => tag.includes("/prov-")));
    await Promise.all(pulled.map(({ Id }) => docker.getImage(Id).remove({ force: true })));
  });

  afterAll(() => {
    plugin.stop();
    log.close();
  });

  async function registry(options?: { delay?: number; login?: string }): Promise<Registry> {
    const started = await Registry.listen(options);
    onTestFinished(() => started.close());
    return started;
  }

  test("is pulled if Docker does not have it, and a status line is shown every 2 s", async () => {
    const source = await registry({ delay: 2500 });
    const name = source.name("prov-image");
    const { id, state } = await plugin.create("RemoteImage", "i", { name });
    const { Id } = await docker.getImage(name).inspect();
    expect(id).toBe(`${Id}${name}`);
    expect(state).toMatchObject({ name, imageId: Id, repoDigest: `${source.host}/prov-image@${source.digest}` });
    expect(log.lines[0]).toEqual({ severity: "info", ephemeral: true, message: `pulling ${name}: 0 of 1 layers` });
  });

  test("is not pulled if Docker has it, has no difference, and is not deleted with keepLocally", async () => {
    const source = await registry();
    const name = source.name("prov-image");
    await plugin.create("RemoteImage", "i", { name });
    source.close();
    const made = await plugin.create("RemoteImage", "i", { name, keepLocally: true });
    expect(await plugin.diff(made, { name, keepLocally: true })).toMatchObject({ changes: "none" });
    expect(await plugin.read(made)).toEqual(made);
    await plugin.delete(made);
    expect((await docker.getImage(name).inspect()).RepoTags).toEqual([name]);
    const unkept = await plugin.update(made, { name });
    await plugin.delete(unkept);
    await expect(docker.getImage(name).inspect()).rejects.toThrow("No such image");
    expect(await plugin.read(unkept)).toBeUndefined();
    await plugin.delete(unkept);
  });

  test("is replaced when a trigger changes", async () => {
    const name = (await registry()).name("prov-image");
    const made = await plugin.create("RemoteImage", "i", { name, triggers: { recipe: "1" }, pullTriggers: ["a"] });
    const changed = { name, triggers: { recipe: "2" }, pullTriggers: ["b"], keepLocally: true };
    expect(await plugin.diff(made, changed)).toMatchObject({ replaces: ["pullTriggers", "triggers"] });
    expect(await plugin.diff(made, { ...changed, triggers: { recipe: "1" }, pullTriggers: ["a"] })).toMatchObject({
      replaces: [],
      detailed: { keepLocally: "add" },
    });
  });

  test("is pulled from a registry with the login of the provider", async () => {
    const source = await registry({ login: "reader:a secret" });
    const name = source.name("prov-private");
    await expect(plugin.create("RemoteImage", "i", { name })).rejects.toThrow(
      /^image .*prov-private:1 .*cannot be pulled/,
    );
    const entry = { address: source.host, username: "reader", password: "a secret" };
    const withLogin = await Plugin.start({ registryAuth: JSON.stringify([entry]) });
    onTestFinished(() => withLogin.stop());
    expect((await withLogin.create("RemoteImage", "i", { name })).state["name"]).toBe(name);
  });

  test("that cannot be pulled causes an error with Docker's message that says what to do", async () => {
    await expect(plugin.create("RemoteImage", "i", { name: "127.0.0.1:1/prov-none:1" })).rejects.toThrow(
      /^image 127\.0\.0\.1:1\/prov-none:1 is missing in Docker and cannot be pulled: .*refused; build or load it first, or use an image from a registry that can be reached$/,
    );
  });

  test("is no longer pulled after the update is cancelled", async () => {
    const source = await registry({ delay: 20_000 });
    const name = source.name("prov-slow");
    const other = await Plugin.start();
    onTestFinished(() => other.stop());
    const pulling = other.create("RemoteImage", "i", { name }).catch((error: Error) => error.message);
    await source.layerAsked;
    await other.cancel();
    expect(await pulling).toBe(`interrupted while pulling ${name}`);
  });

  test("with the input build is refused, since the plugin cannot build images", async () => {
    const { failures } = await plugin.check("RemoteImage", "i", { name: "prov-built", build: { context: "." } });
    expect(failures).toEqual([
      {
        property: "build",
        reason:
          "build is not implemented by this Docker plugin: build the image before the update, or use the official plugin of @pulumi/docker",
      },
    ]);
  });
});
