import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  cleanUp,
  docker,
  makeTestImage,
  noDocker,
  outputOf,
  removeTestImage,
  testImage,
} from "../../support/toolchain/dockerProvider/daemon.ts";
import { EngineLog } from "../../support/toolchain/dockerProvider/engine.ts";
import { Plugin, type Values } from "../../support/toolchain/dockerProvider/plugin.ts";

describe.skipIf(noDocker)(`a container of the Docker plugin${noDocker}`, () => {
  let plugin: Plugin;
  let log: EngineLog;

  beforeAll(async () => {
    const [engineLog, address] = await EngineLog.listen();
    log = engineLog;
    plugin = await Plugin.start({}, { engine: address });
    await makeTestImage();
  });

  afterEach(async () => {
    log.lines.length = 0;
    await cleanUp();
  });

  afterAll(async () => {
    plugin.stop();
    log.close();
    await removeTestImage();
  });

  const sleeping = { name: "prov-c", image: testImage, command: ["sleep", "300"], init: true } satisfies Values;

  test("is created in Docker with the settings of its inputs", async () => {
    const { id, state } = await plugin.create("Container", "c", {
      ...sleeping,
      hostname: "redis-0",
      envs: ["A=1", "B=2"],
      user: "1000:1000",
      workingDir: "/tmp",
      labels: [{ label: "part", value: "redis" }],
      ports: [
        { internal: 6379, external: 28500, ip: "127.0.0.1" },
        { internal: 5353, external: 28501, ip: "127.0.0.1", protocol: "udp" },
      ],
      volumes: [
        { volumeName: "prov-data", containerPath: "/data" },
        { hostPath: "/tmp", containerPath: "/host", readOnly: true },
      ],
      mounts: [{ type: "tmpfs", target: "/scratch", tmpfsOptions: { sizeBytes: 65536, mode: 0o700 } }],
      tmpfs: { "/run": "size=1m" },
      cpus: "0.25",
      cpuShares: 512,
      memory: 64,
      memorySwap: 64,
      memoryReservation: 32,
      shmSize: 8,
      ulimits: [{ name: "nofile", soft: 1000, hard: 2000 }],
      capabilities: { drops: ["ALL"], adds: ["chown"] },
      securityOpts: ["no-new-privileges:true"],
      groupAdds: ["1001"],
      sysctls: { "net.core.somaxconn": "512" },
      restart: "on-failure",
      maxRetryCount: 3,
      logDriver: "json-file",
      logOpts: { "max-size": "1m" },
      healthcheck: { tests: ["CMD", "true"], interval: "1m", timeout: "1500ms", retries: 2 },
      stopSignal: "SIGINT",
      stopTimeout: 7,
      dns: ["9.9.9.9"],
      dnsOpts: ["ndots:1"],
      dnsSearches: ["example.org"],
      hosts: [{ host: "peer", ip: "10.0.0.9" }],
    });
    const { Id, Name, Config, HostConfig } = await docker.getContainer(id).inspect();
    expect({ Id, Name }).toEqual({ Id: id, Name: "/prov-c" });
    expect(Config).toMatchObject({
      Hostname: "redis-0",
      User: "1000:1000",
      Cmd: ["sleep", "300"],
      Image: testImage,
      WorkingDir: "/tmp",
      Labels: { part: "redis" },
      ExposedPorts: { "6379/tcp": {}, "5353/udp": {} },
      Volumes: { "/data": {}, "/host": {} },
      Healthcheck: { Test: ["CMD", "true"], Interval: 60e9, Timeout: 1.5e9, Retries: 2 },
      StopSignal: "SIGINT",
      StopTimeout: 7,
    });
    expect(Config.Env).toEqual(expect.arrayContaining(["A=1", "B=2"]));
    expect(HostConfig).toMatchObject({
      Binds: ["/tmp:/host:ro", "prov-data:/data:rw"],
      Mounts: [{ Type: "tmpfs", Target: "/scratch", TmpfsOptions: { SizeBytes: 65536, Mode: 0o700 } }],
      Tmpfs: { "/run": "size=1m" },
      NetworkMode: "bridge",
      PortBindings: {
        "6379/tcp": [{ HostIp: "127.0.0.1", HostPort: "28500" }],
        "5353/udp": [{ HostIp: "127.0.0.1", HostPort: "28501" }],
      },
      NanoCpus: 250_000_000,
      CpuShares: 512,
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      MemoryReservation: 33_554_432,
      ShmSize: 8_388_608,
      Ulimits: [{ Name: "nofile", Soft: 1000, Hard: 2000 }],
      CapAdd: ["CAP_CHOWN"],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      GroupAdd: ["1001"],
      Sysctls: { "net.core.somaxconn": "512" },
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
      Init: true,
      Privileged: false,
      ReadonlyRootfs: false,
      AutoRemove: false,
      Dns: ["9.9.9.9"],
      DnsOptions: ["ndots:1"],
      DnsSearch: ["example.org"],
      ExtraHosts: ["peer:10.0.0.9"],
    });
    expect(state).toMatchObject({
      name: "prov-c",
      networkDatas: [
        { networkName: "bridge", ipAddress: expect.stringMatching(/^\d+\./), gateway: expect.any(String) },
      ],
      capabilities: { drops: ["ALL"], adds: ["chown"] },
      healthcheck: { interval: "1m", timeout: "1500ms" },
    });
  });

  test("has no difference if no input changes, before and after a refresh, and the refresh keeps its inputs", async () => {
    const inputs = {
      ...sleeping,
      cpus: "1",
      memory: 64,
      memorySwap: 64,
      healthcheck: { tests: ["CMD", "true"], interval: "60s" },
      capabilities: { drops: ["ALL"], adds: ["CHOWN"] },
      ports: [{ internal: 81, external: 28502 }, { internal: 80 }],
      devices: [{ hostPath: "/dev/null" }],
      securityOpts: ["systempaths=unconfined"],
    };
    const made = await plugin.create("Container", "c", inputs);
    expect(await plugin.diff(made, inputs)).toMatchObject({ changes: "none", detailed: {} });
    const read = await plugin.read(made);
    expect(read?.inputs).toEqual(made.inputs);
    expect(read?.state).toEqual(made.state);
    expect(await plugin.diff(read ?? made, inputs)).toMatchObject({ changes: "none", detailed: {} });
  });

  test("is deleted and then replaced for a change of an input that Docker cannot change in place", async () => {
    const made = await plugin.create("Container", "c", sleeping);
    expect(await plugin.diff(made, { ...sleeping, envs: ["A=1"], user: "1", memory: 64, name: "prov-d" })).toEqual({
      changes: "some",
      replaces: ["envs", "name", "user"],
      deleteBeforeReplace: true,
      detailed: { envs: "add-replace", memory: "update", name: "update-replace", user: "update-replace" },
    });
  });

  test("changes its limits and its restart policy in place", async () => {
    const made = await plugin.create("Container", "c", { ...sleeping, memory: 64, memorySwap: 64 });
    const wanted = { ...sleeping, memory: 48, memorySwap: 48, cpuShares: 256, restart: "on-failure", maxRetryCount: 2 };
    expect(await plugin.diff(made, wanted)).toMatchObject({
      changes: "some",
      replaces: [],
      deleteBeforeReplace: false,
    });
    const updated = await plugin.update(made, wanted);
    const { HostConfig, State } = await docker.getContainer(made.id).inspect();
    expect(HostConfig).toMatchObject({
      Memory: 50_331_648,
      MemorySwap: 50_331_648,
      CpuShares: 256,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 },
    });
    expect(State.Running).toBe(true);
    expect(await plugin.diff(updated, wanted)).toMatchObject({ changes: "none" });
  });

  test("keeps its health check when the input changes, and a warning says how to replace the container", async () => {
    const made = await plugin.create("Container", "c", sleeping);
    await plugin.update(made, { ...sleeping, healthcheck: { tests: ["CMD", "true"] }, tmpfs: { "/run": "" } });
    expect(log.lines).toEqual([
      {
        severity: "warning",
        ephemeral: false,
        message:
          "the change of healthcheck, tmpfs has no effect on an existing container; to replace the container, list it in the resource option replaceOnChanges",
      },
    ]);
  });

  test("is connected only to its own networks, with its address and its aliases", async () => {
    const network = await plugin.create("Network", "n", {
      name: "prov-n",
      ipamConfigs: [{ subnet: "10.211.20.0/24" }],
    });
    const networksAdvanced = [{ name: network.id, ipv4Address: "10.211.20.20", aliases: ["first"] }];
    const { id, state } = await plugin.create("Container", "c", { ...sleeping, networksAdvanced });
    const { NetworkSettings: settings, HostConfig: host } = await docker.getContainer(id).inspect();
    expect(Object.keys(settings.Networks)).toEqual(["prov-n"]);
    expect(settings.Networks["prov-n"]).toMatchObject({
      IPAddress: "10.211.20.20",
      Aliases: ["first", id.slice(0, 12)],
    });
    expect(host.NetworkMode).toBe("bridge");
    expect(state["networkDatas"]).toMatchObject([
      { networkName: "prov-n", ipAddress: "10.211.20.20", ipPrefixLength: 24, gateway: "10.211.20.1" },
    ]);
  });

  test("has its uploaded files, with their permissions and owners, before it starts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "prov-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "source"), "from a file");
    const { id } = await plugin.create("Container", "c", {
      ...sleeping,
      command: ["sh", "-c", "cat /etc/first > /tmp/at-start; sleep 300"],
      uploads: [
        { file: "/etc/first", content: "text, grüße" },
        { file: "/deep/er/second", contentBase64: Buffer.from([0, 255, 10]).toString("base64"), permissions: "0400" },
        { file: "/third", source: join(folder, "source"), executable: true, owner: "1000", group: "1001" },
      ],
    });
    expect(await outputOf(id, "cat", "/tmp/at-start")).toBe("text, grüße");
    expect(await outputOf(id, "stat", "-c", "%a %u:%g %s", "/etc/first", "/deep/er/second", "/third")).toBe(
      "644 0:0 13\n400 0:0 3\n744 1000:1001 11\n",
    );
  });

  test("that is healthy does not make the plugin exit when the timeout of `wait` expires later", async () => {
    const other = await Plugin.start();
    onTestFinished(() => other.stop());
    const healthcheck = { tests: ["CMD", "true"], interval: "100ms" };
    const made = await other.create("Container", "c", { ...sleeping, healthcheck, wait: true, waitTimeout: 2 });
    const ended = once(other.process, "exit", { signal: AbortSignal.timeout(2500) });
    await expect(ended).rejects.toThrow("aborted");
    expect(await other.read(made)).toBeDefined();
  });

  test("with `wait` is not complete until it is healthy, and a status line is shown after 2 s", async () => {
    const healthcheck = { tests: ["CMD-SHELL", "stat /tmp/ready"], interval: "100ms", retries: 1 };
    const { state } = await plugin.create("Container", "c", {
      ...sleeping,
      command: ["sh", "-c", "sleep 2.5; echo > /tmp/ready; sleep 300"],
      healthcheck: { ...healthcheck, interval: "500ms" },
      wait: true,
    });
    const { State } = await docker.getContainer("prov-c").inspect();
    expect(State.Health?.Status).toBe("healthy");
    expect(state["wait"]).toBe(true);
    expect(log.lines[0]).toEqual({
      severity: "info",
      ephemeral: true,
      message: "waiting for prov-c to be healthy (2 of 60 s)",
    });
  });

  test("that does not become healthy is removed, and the error shows the last output of its health check and its log", async () => {
    const command = [
      "sh",
      "-c",
      "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo out $n; echo error $n >&2; done; sleep 300",
    ];
    const healthcheck = { tests: ["CMD-SHELL", "echo not yet; exit 3"], interval: "300ms", retries: 1 };
    const failure = plugin.create("Container", "c", { ...sleeping, command, healthcheck, wait: true, waitTimeout: 2 });
    await expect(failure).rejects.toThrow(
      /^container prov-c is not healthy: after 2 s it is unhealthy; its health check last exited with 3: not yet\nIts last lines:\n( {2}(out|error) \d+\n){19} {2}(out|error) 12$/,
    );
    await plugin.create("Container", "c", sleeping);
  });

  test("that exits before it is healthy causes an error at once", async () => {
    const command = ["sh", "-c", `echo cannot open the log; echo ${"x".repeat(5000)}; exit 7`];
    const healthcheck = { tests: ["CMD", "true"], interval: "30s" };
    await expect(plugin.create("Container", "c", { ...sleeping, command, healthcheck, wait: true })).rejects.toThrow(
      `container prov-c is not healthy: it exited with code 7\nIts last lines:\n  cannot open the log\n  ${"x".repeat(400)}…`,
    );
  });

  test("with `wait` but without a health check causes an error that says what to do", async () => {
    await expect(plugin.create("Container", "c", { ...sleeping, wait: true })).rejects.toThrow(
      "container prov-c has no health check to wait for: add the property healthcheck, or remove the property wait",
    );
  });

  test("that is not healthy yet is removed when the update is cancelled", async () => {
    const other = await Plugin.start();
    onTestFinished(() => other.stop());
    const healthcheck = { tests: ["CMD", "false"], interval: "300ms" };
    const waiting = other
      .create("Container", "c", { ...sleeping, healthcheck, wait: true })
      .catch((error: Error) => error);
    await expect.poll(namesOfRunning, startLimit).toContain("/prov-c");
    const cancelled = performance.now();
    await other.cancel();
    expect(await waiting).toMatchObject({ message: "interrupted while waiting for container prov-c to be healthy" });
    expect(performance.now() - cancelled).toBeLessThan(3000);
    await expect(docker.getContainer("prov-c").inspect()).rejects.toThrow("No such container");
    await expect(other.create("Volume", "v", { name: "prov-v" })).rejects.toThrow("interrupted");
  });

  test("with `attach` and `logs` is not complete until it has exited, and its output is stored", async () => {
    const inputs = { ...sleeping, command: ["sh", "-c", "echo done; echo well >&2; exit 4"], mustRun: false };
    const { state } = await plugin.create("Container", "c", { ...inputs, attach: true, logs: true });
    expect(state).toMatchObject({ exitCode: 4, mustRun: false });
    expect(String(state["containerLogs"]).split("\n").sort()).toEqual(["", "done", "well"]);
  });

  test("that has stopped is a difference, and the next update starts it", async () => {
    const made = await plugin.create("Container", "c", sleeping);
    await docker.getContainer(made.id).stop({ t: 0 });
    const read = (await plugin.read(made)) ?? made;
    expect(read.state).toMatchObject({ mustRun: false, exitCode: expect.any(Number) });
    expect(await plugin.diff(read, sleeping)).toMatchObject({ replaces: [], detailed: { mustRun: "update" } });
    const updated = await plugin.update(read, sleeping);
    expect((await docker.getContainer(made.id).inspect()).State.Running).toBe(true);
    expect(updated.state["networkDatas"]).toMatchObject([{ ipAddress: expect.stringMatching(/^\d/) }]);
    expect(await plugin.diff(updated, sleeping)).toMatchObject({ changes: "none" });
  });

  test("that was changed outside of Pulumi has a difference after a refresh", async () => {
    const made = await plugin.create("Container", "c", sleeping);
    await docker
      .getContainer(made.id)
      .update({ Memory: 33_554_432, MemorySwap: 33_554_432, RestartPolicy: { Name: "always" } });
    const read = (await plugin.read(made)) ?? made;
    expect(read.inputs).toMatchObject({ restart: "always" });
    expect((await plugin.diff(read, sleeping)).detailed).toEqual({
      memory: "delete",
      memorySwap: "delete",
      restart: "update",
    });
  });

  test("that no longer exists is read as missing, and its deletion succeeds", async () => {
    const made = await plugin.create("Container", "c", sleeping);
    await docker.getContainer(made.id).remove({ force: true });
    expect(await plugin.read(made)).toBeUndefined();
    await plugin.delete(made);
  });

  test.each([
    { grace: 5, left: ["asked"] },
    { grace: 0, left: [] },
  ])(
    "receives SIGTERM and has $grace s to exit before it is killed, and then has written the files $left",
    async ({ grace, left }) => {
      const folder = mkdtempSync(join(tmpdir(), "prov-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const made = await plugin.create("Container", "c", {
        ...sleeping,
        init: false,
        command: [
          "sh",
          "-c",
          "trap 'sleep 0.5; echo > /left/asked; exit 0' TERM; echo > /left/ready; while :; do sleep 0.1; done",
        ],
        volumes: [{ hostPath: folder, containerPath: "/left" }],
        destroyGraceSeconds: grace,
      });
      await expect.poll(() => readdirSync(folder), startLimit).toEqual(["ready"]);
      await plugin.delete(made);
      expect(readdirSync(folder)).toEqual([...left, "ready"]);
      await expect(docker.getContainer(made.id).inspect()).rejects.toThrow("No such container");
    },
  );

  test("can be imported by its id", async () => {
    const inputs = {
      ...sleeping,
      memory: 32,
      memorySwap: 32,
      ports: [{ internal: 80, external: 28503, ip: "127.0.0.1" }],
    };
    const { id } = await plugin.create("Container", "c", inputs);
    const imported = await plugin.import("Container", "c", id);
    expect(imported?.inputs).toMatchObject({ name: "prov-c", image: testImage, memory: 32, command: ["sleep", "300"] });
    expect(imported && (await plugin.diff(imported, inputs))).toMatchObject({ changes: "none" });
    expect(await plugin.import("Container", "c", "0123456789ab")).toBeUndefined();
  });

  test("has the values of its inputs in a preview, and unknown values for those that Docker decides", async () => {
    const notKnown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const image = notKnown;
    expect(await plugin.previewCreate("Container", "c", { ...sleeping, image, envs: ["A=1"] })).toMatchObject({
      name: "prov-c",
      image: notKnown,
      envs: ["A=1"],
      labels: notKnown,
      networkDatas: notKnown,
      attach: false,
      restart: "no",
    });
    expect(await docker.listContainers({ all: true, filters: { name: ["^/prov-c$"] } })).toEqual([]);
  });

  test("can have an uploaded file of several megabytes", async () => {
    const content = "0123456789abcdef".repeat(1024 * 300);
    const { id, state } = await plugin.create("Container", "c", {
      ...sleeping,
      uploads: [{ file: "/large", content }],
    });
    expect(await outputOf(id, "stat", "-c", "%s", "/large")).toBe("4915200\n");
    expect(state["uploads"]).toMatchObject([{ content }]);
  });
});

/** Milliseconds within which a busy machine must start a container. */
const startLimit = { timeout: 20_000 };

async function namesOfRunning(): Promise<string[]> {
  return (await docker.listContainers()).flatMap(({ Names }) => Names);
}

test("no file of the Docker plugin imports dockerode when it is loaded, since an update without changes does not need it", () => {
  const root = join(import.meta.dirname, "../../../toolchain/dockerProvider");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const importing = files.filter((file) =>
    /^import (?!type).*"dockerode"/m.test(readFileSync(join(root, file), "utf8")),
  );
  expect(importing).toEqual([]);
});
