import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  cleanUp,
  docker,
  makeTestImage,
  noDocker,
  removeTestImage,
  testImage,
} from "../../support/toolchain/dockerProvider/daemon.ts";
import { type Difference, Plugin, type Values } from "../../support/toolchain/dockerProvider/plugin.ts";

/** The path of the official pulumi-resource-docker. Without it, the comparison is skipped. */
const official = process.env["OFFICIAL_DOCKER_PLUGIN"];
const skipped = official === undefined ? " - skipped: OFFICIAL_DOCKER_PLUGIN names no plugin" : noDocker;

const base = {
  name: "prov-c",
  image: testImage,
  command: ["sleep", "300"],
  init: true,
  hostname: "redis-0",
  envs: ["A=1", "B=2", "C=3"],
  user: "0:0",
  labels: [
    { label: "a", value: "1" },
    { label: "b", value: "2" },
  ],
  ports: [
    { internal: 80, external: 28520, ip: "127.0.0.1" },
    { internal: 81, external: 28521, ip: "127.0.0.1", protocol: "udp" },
  ],
  volumes: [
    { volumeName: "prov-data", containerPath: "/data" },
    { hostPath: "/tmp", containerPath: "/host", readOnly: true },
  ],
  mounts: [
    { type: "tmpfs", target: "/scratch", tmpfsOptions: { sizeBytes: 65536, mode: 448 } },
    { type: "volume", target: "/more", source: "prov-data" },
  ],
  uploads: [
    { file: "/etc/some/file", content: "hello" },
    { file: "/run.sh", content: "sleep 1", executable: true },
  ],
  tmpfs: { "/run": "size=1m" },
  networksAdvanced: [{ name: "prov-n", ipv4Address: "10.211.25.9", aliases: ["one", "two"] }],
  cpus: "0.5",
  memory: 64,
  memorySwap: 64,
  shmSize: 16,
  ulimits: [
    { name: "nofile", soft: 1000, hard: 2000 },
    { name: "nproc", soft: 100, hard: 200 },
  ],
  capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN"] },
  securityOpts: ["no-new-privileges:true", "label=disable"],
  groupAdds: ["1", "2"],
  dns: ["8.8.8.8", "1.1.1.1"],
  hosts: [
    { host: "h1", ip: "10.0.0.1" },
    { host: "h2", ip: "10.0.0.2" },
  ],
  sysctls: { "net.core.somaxconn": "512" },
  restart: "unless-stopped",
  stopTimeout: 5,
  logDriver: "json-file",
  logOpts: { "max-size": "1m" },
  healthcheck: { tests: ["CMD", "true"], interval: "10s", timeout: "1.5s", retries: 3 },
} satisfies Values;

const changes: Record<string, Values> = {
  nothing: {},
  "the order of sets": { envs: ["C=3", "A=1", "B=2"], dns: ["1.1.1.1", "8.8.8.8"] },
  memory: { memory: 32, memorySwap: 32 },
  "no memory": { memory: null, memorySwap: null },
  restart: { restart: "always", maxRetryCount: 0 },
  "no restart": { restart: null },
  image: { image: "prov-other:1" },
  name: { name: "prov-d" },
  command: { command: ["sleep", "-x", "300"] },
  envs: { envs: ["A=1", "B=3"] },
  "no envs, labels, hostname or logDriver": { envs: null, labels: null, hostname: null, logDriver: null },
  "a label": { labels: [{ label: "a", value: "2" }, base.labels[1]] },
  "a port": { ports: [{ internal: 80, external: 28522, ip: "127.0.0.1" }, base.ports[1]] },
  "the order of ports": { ports: [...base.ports].reverse() },
  "no ports": { ports: null },
  "a file": { uploads: [{ file: "/etc/some/file", content: "bye" }, base.uploads[1]] },
  healthcheck: { healthcheck: { ...base.healthcheck, retries: 5 } },
  "no healthcheck": { healthcheck: null },
  tmpfs: { tmpfs: { "/run": "size=2m" } },
  "no tmpfs": { tmpfs: null },
  "a volume": { volumes: [base.volumes[0]] },
  capabilities: { capabilities: { drops: ["ALL"] } },
  networks: { networksAdvanced: [{ name: "prov-n", ipv4Address: "10.211.25.10" }] },
  "user and working directory": { user: null, workingDir: "/tmp" },
  "inputs about starting and removing": {
    destroyGraceSeconds: 3,
    wait: true,
    waitTimeout: 5,
    mustRun: false,
    rm: true,
  },
  init: { init: false },
  cpus: { cpus: "0.6", cpuShares: 10 },
  "a value that is not known yet": { image: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
};

describe.skipIf(skipped)(`the Docker plugin of this project and the official one${skipped}`, () => {
  let plugins: { ours: Plugin; theirs: Plugin };

  beforeAll(async () => {
    plugins = { ours: await Plugin.start(), theirs: await Plugin.start({}, { program: official ?? "" }) };
    await makeTestImage();
  });

  afterEach(cleanUp);

  afterAll(async () => {
    plugins.ours.stop();
    plugins.theirs.stop();
    await removeTestImage();
  });

  /** Creates a network, a volume and a container with one plugin, and inspects them. */
  async function made(plugin: Plugin) {
    const networkInputs = { name: "prov-n", ipamConfigs: [{ subnet: "10.211.25.0/24", gateway: "10.211.25.1" }] };
    const network = await plugin.create("Network", "n", networkInputs);
    const volume = await plugin.create("Volume", "v", { name: "prov-v" });
    const container = await plugin.create("Container", "c", base);
    return {
      network,
      container,
      inspected: {
        network: comparable(await docker.getNetwork(network.id).inspect()),
        volume: comparable(await docker.getVolume(volume.id).inspect()),
        container: comparable(await docker.getContainer(container.id).inspect()),
      },
    };
  }

  test("create the same containers, networks and volumes, and refresh them to the same inputs", async () => {
    const ours = await made(plugins.ours);
    const oursRead = await plugins.ours.read(ours.container);
    await cleanUp();
    const theirs = await made(plugins.theirs);
    const theirsRead = await plugins.theirs.read(theirs.container);
    expect(ours.inspected).toEqual(theirs.inspected);
    expect(sorted(ours.container.inputs)).toEqual(sorted(theirs.container.inputs));
    expect(Object.keys(oursRead?.inputs ?? {}).sort()).toEqual(Object.keys(theirsRead?.inputs ?? {}).sort());
  });

  test("find the same changes, and replace the resource for the same changes", async () => {
    const { container } = await made(plugins.ours);
    for (const [what, change] of Object.entries(changes)) {
      const [ours, theirs] = await Promise.all(
        [plugins.ours, plugins.theirs].map((plugin) => plugin.diff(container, { ...base, ...change })),
      );
      expect(summary(ours), what).toEqual(summary(theirs));
    }
  });

  test("each find no changes in the resources that the other has created", async () => {
    const ours = await made(plugins.ours);
    expect(await plugins.theirs.diff(ours.container, base)).toMatchObject({ changes: "none" });
    const read = await plugins.theirs.read(ours.container);
    expect(read && (await plugins.theirs.diff(read, base))).toMatchObject({ changes: "none" });
    await plugins.theirs.delete(ours.container);
    await plugins.theirs.delete(ours.network);
    const theirs = await made(plugins.theirs);
    expect(await plugins.ours.diff(theirs.container, base)).toMatchObject({ changes: "none" });
    await plugins.ours.delete(theirs.container);
    await plugins.ours.delete(theirs.network);
  });
});

/** Reduces the paths to their top-level properties, since our plugin reports changes in sets more precisely. */
function summary(difference: Difference | undefined) {
  const paths = Object.entries(difference?.detailed ?? {});
  const kinds = paths.map(([path, kind]) => [path.split(/[.[]/, 1)[0], kind.endsWith("replace")]);
  return {
    changes: difference?.changes,
    deleteBeforeReplace: difference?.deleteBeforeReplace,
    replaces: [...new Set(difference?.replaces)],
    properties: Object.fromEntries(kinds),
  };
}

/** Fields that differ in every object, or whose order is random. They are not compared. */
const randomFields =
  /^(Id|Created|StartedAt|Pid|SandboxID|SandboxKey|EndpointID|NetworkID|MacAddress|ResolvConfPath|HostnamePath|HostsPath|LogPath|Data|ExecIDs|Log|Health|Containers|CreatedAt)$/;

function comparable(inspected: unknown): unknown {
  const text = JSON.stringify(inspected, (key, value: unknown) => {
    if (key !== "" && randomFields.test(key)) {
      return undefined;
    }
    return key === "Mounts" ? sorted(value) : value;
  });
  // Docker adds the short id of a container as an alias.
  return JSON.parse(text.replace(/"[0-9a-f]{12}"/g, '"id"'));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((one, other) => compare(one, other));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member)]));
}

function compare(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
