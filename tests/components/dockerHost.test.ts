import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { DockerHost } from "../../hosts/docker/host.ts";
import { imageFor } from "../../images/catalog.ts";
import { onHost, Part, upstream, workload } from "../support/components/onDocker.ts";
import { declared, named, ofType, plainTexts, secret } from "../support/components/program.ts";
import { treeOf } from "../support/components/snapshot.ts";

const containerType = "docker:index/container:Container";
const imageType = "docker:index/remoteImage:RemoteImage";

test("a Docker host without workloads declares a network and no image", async () => {
  expect(treeOf(await onHost([]))).toEqual([
    "test:index:Part part",
    "redis-ha:hosts:DockerHost place",
    "  docker:index/network:Network place-network; beforeCreate sample-network-leftover",
  ]);
});

test("the network has the planned addresses and ownership labels, and is deleted before it is replaced", async () => {
  const program = await onHost([]);
  expect(named(program, "place-network")).toMatchObject({
    inputs: {
      name: "sample",
      driver: "bridge",
      ipamConfigs: [{ subnet: "10.41.0.0/24", gateway: "10.41.0.1" }],
      labels: labels("network"),
    },
    deleteBeforeReplace: true,
  });
  expect(named(program, "place").outputs).toEqual({ network: "sample" });
});

describe("a workload on Docker", () => {
  test("is a container and a volume, both as children of the declaring component", async () => {
    expect(treeOf(await onHost([workload]))).toEqual([
      "test:index:Part part",
      "  docker:index/container:Container part-web-0 after part-web-0-data, place-network, place-redis-image; " +
        "beforeCreate sample-web-0-leftover",
      "  docker:index/volume:Volume part-web-0-data after place-network; beforeCreate sample-web-0-own-volume; beforeCreate sample-web-0-new-volume",
      "redis-ha:hosts:DockerHost place",
      "  docker:index/network:Network place-network; beforeCreate sample-network-leftover",
      "  docker:index/remoteImage:RemoteImage place-redis-image",
    ]);
  });

  test("is declared as a container with exactly the expected inputs", async () => {
    expect(named(await onHost([workload]), "part-web-0").inputs).toEqual({
      name: "sample-web-0",
      image: "sha256:place-redis-image",
      entrypoints: ["serve"],
      command: ["--port", "80"],
      envs: ["MODE=plain", "GREETING=two words"],
      uploads: [
        { file: "/etc/web/settings", content: "colour blue", permissions: "0444" },
        {
          file: "/etc/web-secrets/key",
          content: secret("swordfish"),
          permissions: "0400",
          owner: "999",
          group: "1000",
        },
      ],
      user: "999:1000",
      hostname: "web-0",
      labels: labels("web-0"),
      networkMode: "bridge",
      networksAdvanced: [{ name: "sample", ipv4Address: "10.41.0.10", aliases: ["web-0"] }],
      ports: [{ internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" }],
      volumes: [{ volumeName: "sample-web-0", containerPath: "/data" }],
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777" },
      cpus: "0.5",
      memory: 64,
      memorySwap: 64,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges"],
      init: true,
      restart: "unless-stopped",
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      healthcheck: {
        tests: ["CMD", "sh", "/etc/web/probe.sh"],
        interval: "1m0s",
        timeout: "1.5s",
        startPeriod: "1m0s",
        retries: 2,
      },
      stopTimeout: 11,
      destroyGraceSeconds: 11,
    });
  });

  test("is deleted before it is replaced, and is replaced for changes that the provider cannot apply", async () => {
    expect(named(await onHost([workload]), "part-web-0")).toMatchObject({
      deleteBeforeReplace: true,
      replaceOnChanges: ["healthcheck", "tmpfs", "init"],
      ignoreChanges: [],
      additionalSecretOutputs: [],
    });
  });

  test("has a network and a volume that ignore label changes, which would replace them and lose the data", async () => {
    const program = await onHost([workload]);
    const replaced = ["place-network", "part-web-0-data"].map((name) => named(program, name).ignoreChanges);
    expect(replaced).toEqual([["labels"], ["labels"]]);
  });

  test("keeps its data in a volume with the name of its container", async () => {
    expect(named(await onHost([workload]), "part-web-0-data")).toMatchObject({
      type: "docker:index/volume:Volume",
      inputs: { name: "sample-web-0", labels: labels("web-0") },
      deleteBeforeReplace: true,
    });
  });

  test("without data, scratch folders, files and ports has no such inputs and no volume", async () => {
    const { volume, ...rest } = workload();
    const bare = { ...rest, scratch: [], files: {}, secretFiles: {}, environment: {}, ports: [] };
    const program = await onHost([() => bare]);
    const { inputs } = named(program, "part-web-0");
    expect(inputs).toMatchObject({ envs: [], uploads: [], ports: [], tmpfs: {} });
    expect(inputs).not.toHaveProperty("volumes");
    expect(ofType(program, "docker:index/volume:Volume")).toEqual([]);
  });

  test("has memory limits in whole MiB, rounded down", async () => {
    const uneven = () => ({ ...workload(), size: { cpus: 0.5, memory: 64.9 * 1024 ** 2, disk: 1024 ** 3 } });
    expect(named(await onHost([uneven]), "part-web-0").inputs).toMatchObject({ memory: 64, memorySwap: 64 });
  });

  test("has the CPU weight of the set if it is configured, and is not replaced when the weight changes", async () => {
    const network = { ...upstream.network, cpuShares: 10_240 };
    const { inputs, replaceOnChanges } = named(await onHost([workload], { ...upstream, network }), "part-web-0");
    expect(inputs).toMatchObject({ cpuShares: 10_240 });
    expect(replaceOnChanges).not.toContain("cpuShares");
    expect(named(await onHost([workload]), "part-web-0").inputs).not.toHaveProperty("cpuShares");
  });

  test("keeps the contents of its secret files secret even if the program passes them as plain outputs", async () => {
    const careless = () => ({ ...workload(), secretFiles: { "/etc/web-secrets/key": pulumi.output("swordfish") } });
    const program = await onHost([careless]);
    expect(plainTexts(program.resources).filter((text) => text.includes("swordfish"))).toEqual([]);
    expect(JSON.stringify(named(program, "part-web-0").inputs)).toContain("swordfish");
  });

  test("depends on the workloads that it is declared after", async () => {
    const other = () => ({ ...workload(), name: "web-1" });
    const program = await declared(() => {
      const host = new DockerHost("place", upstream);
      const parent = new Part("part");
      const first = host.run(workload(), { name: "part", parent, after: [] });
      host.run(other(), { name: "part", parent, after: [first.resource] });
    });
    expect(named(program, "part-web-1").dependencies).toContain("part-web-0");
  });

  test("is returned with its name and the id of its container", async () => {
    const program = await declared(() => {
      const { name, id } = new DockerHost("place", upstream).run(workload(), {
        name: "part",
        parent: new Part("part"),
        after: [],
      });
      return { name, id };
    });
    expect(program.outputs).toEqual({ name: "web-0", id: "part-web-0-id" });
  });
});

describe("images on Docker", () => {
  const commander = () => ({ ...workload(), name: "desk", image: "commander" as const });

  test("of the source upstream are pulled once for each part, kept when the set is removed, and never built", async () => {
    const program = await onHost([workload, () => ({ ...workload(), name: "web-1" }), commander]);
    expect(ofType(program, imageType).map(({ name, inputs, hooks }) => ({ name, inputs, hooks }))).toEqual([
      { name: "place-commander-image", inputs: image(imageFor("commander", "upstream").reference), hooks: [] },
      { name: "place-redis-image", inputs: image(imageFor("redis", "upstream").reference), hooks: [] },
    ]);
    expect(
      ofType(program, containerType).map(({ inputs }) => [inputs["name"], inputs["image"], inputs["user"]]),
    ).toEqual([
      ["sample-desk", "sha256:place-commander-image", "10000:10000"],
      ["sample-web-0", "sha256:place-redis-image", "999:1000"],
      ["sample-web-1", "sha256:place-redis-image", "999:1000"],
    ]);
  });

  test("of the source local are built before the provider looks them up", async () => {
    const program = await onHost([workload], { ...upstream, images: "local" });
    expect(named(program, "place-redis-image")).toMatchObject({
      inputs: image(imageFor("redis", "local").reference),
      hooks: ["beforeCreate place-build-redis-image"],
    });
  });
});

function labels(part: string) {
  return [
    { label: "redis-ha.set", value: "sample" },
    { label: "redis-ha.part", value: part },
    { label: "redis-ha.owner", value: "0123456789abcdef" },
  ];
}

function image(reference: string) {
  return { name: reference, keepLocally: true };
}
