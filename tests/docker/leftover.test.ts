import type Docker from "dockerode";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { claimsOnDocker } from "../../hosts/docker/claims.ts";
import { dockerEngine } from "../../hosts/docker/engine.ts";
import { existingContainers } from "../../hosts/docker/existing.ts";
import { NameTakenError, removeLeftoverContainer, removeLeftoverNetwork } from "../../hosts/docker/leftover.ts";
import { OwnershipError, requireOwnVolume, requireUnclaimed } from "../../hosts/docker/ownership.ts";
import { ensureLocalImage } from "../../images/build.ts";
import { imageFor } from "../../images/catalog.ts";
import { prepareDocker } from "../../toolchain/docker/docker.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { SetOnDocker } from "../support/docker/setOnDocker.ts";

const name = "ha-test-leftover";
const identity = "0123456789abcdef";
const own = { "redis-ha.owner": identity };
const others = { "redis-ha.owner": "fedcba9876543210" };

describeWithDocker("a Docker object that has a name of the set and is not in the state", () => {
  let docker: Docker;
  let onDocker: SetOnDocker;
  const lines: string[] = [];
  const options = { set: name, identity, progress: (line: string) => void lines.push(line) };

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

  test("is removed without its volume if it is a running container of the set on the set's own network", async () => {
    const network = await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start(name);
    expect(await existingContainers(docker, name)).toMatchObject([
      { name: "redis-0", address: "10.213.7.10", running: true },
    ]);
    await removeLeftoverContainer(docker, `${name}-redis-0`, network.id, options);
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await onDocker.everything()).toEqual([`network ${name}`, `volume ${name}-redis-0`]);
    expect(lines).toEqual([
      `removing container ${name}-redis-0, which an interrupted update left behind; its volume is kept`,
    ]);
  });

  test("is removed if it is a running container of the same state, whatever its network", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    await start(name, own);
    await removeLeftoverContainer(docker, `${name}-redis-0`, "another network", options);
    expect(await existingContainers(docker, name)).toEqual([]);
  });

  test("is kept and named if it is a container of another state on the set's own network", async () => {
    const network = await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start(name, others);
    const refusal = removeLeftoverContainer(docker, `${name}-redis-0`, network.id, options);
    await expect(refusal).rejects.toThrow(/and another state of this stack owns it: remove it with docker rm/);
    expect((await container.inspect()).State.Running).toBe(true);
  });

  test("is removed if it is a container that was never started", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    await create(name);
    await removeLeftoverContainer(docker, `${name}-redis-0`, "another network", options);
    expect(await existingContainers(docker, name)).toEqual([]);
  });

  test("is kept and named if it is a container of another stack's set with the same name", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start(name);
    const refusal = removeLeftoverContainer(docker, `${name}-redis-0`, "the network of this stack", options);
    await expect(refusal).rejects.toThrow(NameTakenError);
    await expect(refusal).rejects.toThrow(/another state of this stack owns it: remove it with docker rm/);
    expect((await container.inspect()).State.Running).toBe(true);
  });

  test("is kept and named if it is a container of another set", async () => {
    const network = await onDocker.createNetwork(name, "10.213.7.0/24");
    const container = await start("something-else");
    try {
      const refusal = removeLeftoverContainer(docker, `${name}-redis-0`, network.id, options);
      await expect(refusal).rejects.toThrow(/does not belong to this set/);
    } finally {
      await container.remove({ force: true });
    }
  });

  test("is removed if it is a network of the set without containers, and kept if it has a container", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24", own);
    await create(name);
    await expect(removeLeftoverNetwork(docker, name, options)).rejects.toThrow(/1 container is connected to it/);
    await docker.getContainer(`${name}-redis-0`).remove();
    await removeLeftoverNetwork(docker, name, options);
    expect(await onDocker.networks()).toEqual([]);
    expect(lines).toEqual([`removing network ${name}, which an interrupted update left behind`]);
  });

  test.each([
    ["the identity of another state", others],
    ["no identity", {}],
  ])("is kept and named if it is an empty network of the set with %s", async (_case, marks) => {
    await onDocker.createNetwork(name, "10.213.7.0/24", marks);
    await expect(removeLeftoverNetwork(docker, name, options)).rejects.toThrow(/another state of this stack owns it/);
    expect(await onDocker.networks()).toHaveLength(1);
  });

  test("makes a new state refuse the update, with all such objects and the commands that remove them", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24");
    await create(name, others);
    await requireUnclaimed(docker, { set: `${name}-else`, identity });
    const refusal = requireUnclaimed(docker, options);
    await expect(refusal).rejects.toThrow(OwnershipError);
    await expect(refusal).rejects.toThrow(
      "objects on the Docker engine do not belong to this state of the stack; nothing was changed:\n" +
        `  name: got container ${name}-redis-0, volume ${name}-redis-0, network ${name}, expected only objects ` +
        "that this state created; another state of this stack owns them: use the clone with that state in its " +
        ".state folder, or its Pulumi backend. If they are not needed, remove them with their data: " +
        `docker rm --force ${name}-redis-0 && docker volume rm ${name}-redis-0 && docker network rm ${name}`,
    );
  });

  test("is accepted if a killed update of the same state created it", async () => {
    await onDocker.createNetwork(name, "10.213.7.0/24", own);
    await expect(requireUnclaimed(docker, options)).resolves.toBeUndefined();
  });

  test.each([
    ["is adopted with its data if it is a volume of the same state", own, "adopted"],
    ["is refused if it is a volume of another state", others, "refused"],
    ["is refused if it is a volume without an identity", {}, "refused"],
  ])("%s", async (_case, marks, outcome) => {
    await docker.createVolume({ Name: `${name}-redis-0`, Labels: { "redis-ha.set": name, ...marks } });
    const asked = requireOwnVolume(docker, `${name}-redis-0`, identity).then(
      () => "adopted",
      (error: unknown) => (error instanceof OwnershipError ? "refused" : error),
    );
    expect(await asked).toBe(outcome);
  });

  describe("at `down`", () => {
    const stash = { type: "pulumi:index:Stash", name: "set-identity", id: "", inputs: { input: identity } };
    const volume = { type: "docker:index/volume:Volume", name: "data", id: `${name}-redis-0` };
    const known = { ...volume, inputs: { name: `${name}-redis-0` } };

    test("is removed in an order that Docker allows if it has the state's identity", async () => {
      await onDocker.createNetwork(name, "10.213.7.0/24", own);
      await start(name, own, own);
      const { refusals, leftovers } = await claimsOnDocker([stash], process.env);
      expect(refusals).toEqual([]);
      expect(leftovers.map(({ description }) => description)).toEqual([
        `container ${name}-redis-0`,
        `volume ${name}-redis-0`,
        `network ${name}`,
      ]);
      for (const { remove } of leftovers) {
        await remove();
      }
      expect(await onDocker.everything()).toEqual([]);
    });

    test("is no leftover if the state lists it, or if it does not have the state's identity", async () => {
      await onDocker.createNetwork(name, "10.213.7.0/24");
      await create(name, others, own);
      const { refusals, leftovers } = await claimsOnDocker([stash, known], process.env);
      expect({ refusals, leftovers }).toEqual({ refusals: [], leftovers: [] });
    });

    test("is refused if the state lists a volume of this name that another state has created since", async () => {
      await docker.createVolume({ Name: `${name}-redis-0`, Labels: { "redis-ha.set": name, ...others } });
      const { refusals } = await claimsOnDocker([stash, known], process.env);
      expect(refusals).toEqual([`another state of this stack owns volume ${name}-redis-0`]);
    });
  });

  test("may be missing, and then nothing is removed", async () => {
    await removeLeftoverContainer(docker, `${name}-redis-0`, "any", options);
    await removeLeftoverNetwork(docker, name, options);
    expect(lines).toEqual([]);
  });

  /** Creates a container with a volume and a fixed address, as the host does. */
  function create(set: string, marks: Marks = {}, ofVolume: Marks = marks): Promise<Docker.Container> {
    return docker.createContainer({
      name: `${name}-redis-0`,
      Image: imageFor("redis", "local").reference,
      Cmd: ["sleep", "60"],
      Entrypoint: [],
      StopTimeout: 1,
      Labels: { "redis-ha.set": set, "redis-ha.part": "redis-0", ...marks },
      HostConfig: {
        Mounts: [
          {
            Type: "volume",
            Source: `${name}-redis-0`,
            Target: "/data",
            VolumeOptions: {
              NoCopy: false,
              Labels: { "redis-ha.set": name, ...ofVolume },
              DriverConfig: { Name: "", Options: {} },
            },
          },
        ],
      },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: "10.213.7.10" } } } },
    });
  }

  async function start(set: string, marks: Marks = {}, ofVolume: Marks = marks): Promise<Docker.Container> {
    const container = await create(set, marks, ofVolume);
    await container.start();
    return container;
  }
});

type Marks = Readonly<Record<string, string>>;
