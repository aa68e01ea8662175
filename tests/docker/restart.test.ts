import { chmod, chown, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import { describeReport } from "../../checks/report.ts";
import { verify } from "../../checks/verify.ts";
import { targetOf } from "../../redis/target.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment } from "../support/docker/deployment.ts";
import { bareSet } from "../support/docker/places.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";

const set = bareSet("ha-test-restart");

describeWithDocker("a set whose containers are restarted outside the deployment", () => {
  let deployment: Deployment;
  let deployed: DeployedSet;

  beforeAll(async () => {
    deployment = await Deployment.create(set.name, set);
    return () => deployment.dispose();
  });

  test("is brought up and stores data", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    deployed = await deployment.deployedSet();
    await ask("redis-0", "SET", "kept", "whatever happens");
    expect(await ask("redis-0", "WAIT", "2", "2000")).toBe(2);
  });

  test("works again after a restart of a replica, and `up` changes nothing", async () => {
    await deployment.onDocker.container("redis-1").restart();
    await expectToWork();
    await expectNothingToDo();
  });

  test("works again after a restart of the master, and `up` changes nothing", async () => {
    await deployment.onDocker.container("redis-0").restart();
    await expectToWork();
    await expectNothingToDo();
  });

  test("keeps its new master after a failover, through `up` and a restart of the old master", async () => {
    const [former = ""] = Object.entries(await allRoles()).find(([, role]) => role === "master") ?? [];
    await ask("sentinel-1", "SENTINEL", "FAILOVER", "mymaster");
    await expect.poll(() => roleOf(former), { timeout: 20_000, interval: 200 }).toBe("slave");
    await expectToWork();
    const roles = await allRoles();
    expect(Object.values(roles).sort()).toEqual(["master", "slave", "slave"]);
    await expectNothingToDo();
    await deployment.onDocker.container(former).restart();
    await expectToWork();
    expect(await allRoles()).toEqual(roles);
  });

  test("copies the master's data to a node whose files another user owns, and keeps those files", async () => {
    await giveFilesToRoot("redis-1");
    await deployment.onDocker.container("redis-1").restart();
    await expectToWork();
    expect(await deployment.onDocker.logs("redis-1")).toMatch(
      /its files do not load \(the user \d+ may not read \/data\/appendonlydir\/appendonly\.aof\.\S+\), and are kept as/,
    );
    await expectNothingToDo();
  });

  test("promotes a replica if another user owns the files of a killed master", async () => {
    const [former = ""] = Object.entries(await allRoles()).find(([, role]) => role === "master") ?? [];
    await giveFilesToRoot(former);
    await deployment.onDocker.container(former).kill();
    await deployment.onDocker.container(former).start();
    await expectToWork();
    expect(await roleOf(former)).toBe("slave");
    await expectNothingToDo();
  });

  const dataNodes = ["redis-0", "redis-1", "redis-2"];
  const sentinels = ["sentinel-0", "sentinel-1", "sentinel-2"];

  test.each([
    ["in the order of their names", [...dataNodes, ...sentinels]],
    ["in the reverse order of their names", [...dataNodes, ...sentinels].reverse()],
    ["in a mixed order", ["redis-2", "sentinel-0", "redis-0", "sentinel-2", "redis-1", "sentinel-1"]],
  ])("recovers automatically after all its containers are killed at once and started %s", async (_order, order) => {
    await killAll();
    for (const part of order) {
      await deployment.onDocker.container(part).start();
    }
    await expectToWork();
    await expectNothingToDo();
  });

  test("recovers automatically after all its containers are stopped at once and started at once", async () => {
    await Promise.all([...dataNodes, ...sentinels].map((part) => deployment.onDocker.container(part).stop()));
    await Promise.all([...dataNodes, ...sentinels].map((part) => deployment.onDocker.container(part).start()));
    await expectToWork();
    await expectNothingToDo();
  });

  test("is restored with its data by `up --refresh` after all its containers were removed by hand", async () => {
    const parts = [...dataNodes, ...sentinels];
    await Promise.all(parts.map((part) => deployment.onDocker.container(part).remove({ force: true })));
    const { exitCode, output } = await deployment.up("--refresh");
    expect(exitCode, output).toBe(0);
    await expectToWork();
    await expectNothingToDo();
  });

  test("gets a container that was removed by hand back by `up --refresh`, with its data", async () => {
    await deployment.onDocker.container("redis-2").remove({ force: true });
    const { exitCode, output } = await deployment.up("--refresh");
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual(["+ 1 created", "~ 2 updated", expect.stringMatching(/\d+ unchanged$/)]);
    await expectToWork();
    await expectNothingToDo();
  });

  /** Makes root the owner of a node's files, as a manual restore may do. */
  async function giveFilesToRoot(node: string): Promise<void> {
    const volumes = await deployment.onDocker.volumes();
    const { Mountpoint } = volumes.find(({ Name }) => Name.includes(node)) ?? { Mountpoint: "" };
    const directory = join(Mountpoint, "appendonlydir");
    for (const file of await readdir(directory)) {
      await chown(join(directory, file), 0, 0);
      await chmod(join(directory, file), 0o600);
    }
  }

  /** Kills all containers at once, as a power failure does. */
  async function killAll(): Promise<void> {
    await Promise.all([...dataNodes, ...sentinels].map((part) => deployment.onDocker.container(part).kill()));
  }

  /** Waits until every check passes, and expects that every node has the data. */
  async function expectToWork(): Promise<void> {
    const report = await verify(targetOf(deployed));
    expect(report.passed, describeReport(report)).toBe(true);
    const values = deployed.topology.dataNodes.map(({ name }) => ask(name, "GET", "kept"));
    expect(await Promise.all(values)).toEqual(["whatever happens", "whatever happens", "whatever happens"]);
  }

  async function expectNothingToDo(): Promise<void> {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  }

  async function allRoles(): Promise<Readonly<Record<string, unknown>>> {
    const nodes = deployed.topology.dataNodes.map(({ name }) => name);
    return Object.fromEntries(await Promise.all(nodes.map(async (name) => [name, await roleOf(name)])));
  }

  async function roleOf(node: string): Promise<unknown> {
    const [role] = (await ask(node, "ROLE")) as readonly unknown[];
    return role;
  }

  /** Sends a command to a data node or a Sentinel through its published port. */
  async function ask(node: string, command: string, ...rest: readonly string[]): Promise<unknown> {
    const { topology, password } = deployed;
    const place = [...topology.dataNodes, ...topology.sentinels].find(({ name }) => name === node)?.published;
    const client = new Redis({ ...place, password });
    try {
      return await client.call(command, ...rest);
    } finally {
      client.disconnect();
    }
  }
});
