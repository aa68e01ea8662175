import type Docker from "dockerode";
import { afterEach, beforeAll, expect, test } from "vitest";
import { dockerEngine } from "../../hosts/docker/engine.ts";
import { NameTakenError, removeLeftoverContainer, removeLeftoverNetwork } from "../../hosts/docker/leftover.ts";
import { presentContainers } from "../../hosts/docker/present.ts";
import { ensureLocalImage } from "../../images/build.ts";
import { imageFor } from "../../images/catalog.ts";
import { prepareDocker } from "../../toolchain/docker.ts";
import { describeWithDocker } from "./daemon.ts";
import { SetOnDocker } from "./setOnDocker.ts";

const name = "ha-test-leftover";

describeWithDocker("what has a name that an update needs and is not in its state", () => {
  let docker: Docker;
  let onDocker: SetOnDocker;
  const lines: string[] = [];
  const options = { set: name, progress: (line: string) => void lines.push(line) };

  beforeAll(async () => {
    const environment = await prepareDocker(process.env);
    docker = dockerEngine(environment["DOCKER_HOST"]);
    onDocker = new SetOnDocker(docker, name);
    await onDocker.remove();
    await ensureLocalImage("redis", { docker, progress: () => undefined });
  });
  afterEach(async () => {
    lines.length = 0;
    await onDocker.remove();
  });

  test("is removed when it is a running container of the set on the set's own network; its volume stays", async () => {
    const network = await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start(name);
    expect(await presentContainers(docker, name)).toMatchObject([
      { name: "redis-0", address: "10.213.7.10", running: true },
    ]);
    await removeLeftoverContainer(docker, `${name}-redis-0`, network.id, options);
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await onDocker.everything()).toEqual([`network ${name}`, `volume ${name}-redis-0`]);
    expect(lines).toEqual([
      `removing ${name}-redis-0, which an interrupted update has left behind; what it has stored stays`,
    ]);
  });

  test("is removed when it is a container that was made and never started", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    await create(name);
    await removeLeftoverContainer(docker, `${name}-redis-0`, "another network", options);
    expect(await presentContainers(docker, name)).toEqual([]);
  });

  test("is left alone and named when it is a container of another stack's set of the same name", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start(name);
    const refusal = removeLeftoverContainer(docker, `${name}-redis-0`, "the network of this stack", options);
    await expect(refusal).rejects.toThrow(NameTakenError);
    await expect(refusal).rejects.toThrow(/a set of the same name that another stack has: remove it by docker rm/);
    expect((await container.inspect()).State.Running).toBe(true);
  });

  test("is left alone and named when it is a container of something else", async () => {
    const network = await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start("something-else");
    try {
      const refusal = removeLeftoverContainer(docker, `${name}-redis-0`, network.id, options);
      await expect(refusal).rejects.toThrow(/does not belong to this set/);
    } finally {
      await container.remove({ force: true });
    }
  });

  test("is removed when it is a network of the set that nothing is on, and left alone when something is", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    await create(name);
    await expect(removeLeftoverNetwork(docker, name, options)).rejects.toThrow(/1 containers are on it/);
    await docker.getContainer(`${name}-redis-0`).remove();
    await removeLeftoverNetwork(docker, name, options);
    expect(await onDocker.networks()).toEqual([]);
    expect(lines).toEqual([`removing network ${name}, which an interrupted update has left behind`]);
  });

  test("is no obstacle when there is nothing", async () => {
    await removeLeftoverContainer(docker, `${name}-redis-0`, "any", options);
    await removeLeftoverNetwork(docker, name, options);
    expect(lines).toEqual([]);
  });

  /** A container with a volume and a fixed address, as the host makes them. */
  function create(set: string): Promise<Docker.Container> {
    return docker.createContainer({
      name: `${name}-redis-0`,
      Image: imageFor("redis", "local").reference,
      Cmd: ["sleep", "60"],
      Entrypoint: [],
      StopTimeout: 1,
      Labels: { "redis-ha.set": set, "redis-ha.part": "redis-0" },
      HostConfig: {
        Mounts: [
          {
            Type: "volume",
            Source: `${name}-redis-0`,
            Target: "/data",
            VolumeOptions: { NoCopy: false, Labels: { "redis-ha.set": name }, DriverConfig: { Name: "", Options: {} } },
          },
        ],
      },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: "10.213.7.10" } } } },
    });
  }

  async function start(set: string): Promise<Docker.Container> {
    const container = await create(set);
    await container.start();
    return container;
  }
});
