import { describe, expect, test } from "vitest";
import { containerInputs, containerSchema } from "../../../toolchain/dockerProvider/container/schema.ts";
import { checkInputs } from "../../../toolchain/dockerProvider/schema/check.ts";
import { difference } from "../../../toolchain/dockerProvider/schema/difference.ts";
import { planned } from "../../../toolchain/dockerProvider/schema/planned.ts";
import { refreshedInputs } from "../../../toolchain/dockerProvider/schema/refresh.ts";
import { setOrder } from "../../../toolchain/dockerProvider/schema/setOrder.ts";
import { unknown, type Values } from "../../../toolchain/dockerProvider/values.ts";

const naming = { resource: "redis", seed: Buffer.from("seed") };

/** Checks inputs and returns them as the engine stores them. */
function checked(given: Values): Values {
  const { inputs, failures } = checkInputs(containerSchema, {}, given, naming);
  expect(failures).toEqual([]);
  return inputs;
}

/** Returns the differences between a container created from the inputs `before` and the inputs `after`. */
function changes(before: Values, after: Values, ignored: readonly string[] = []): Record<string, string> {
  const state = planned(containerSchema, {}, checked(before));
  const found = difference(containerSchema, state, checked(after), ignored);
  return Object.fromEntries(
    [...found].map(([path, { kind, replaces }]) => [path, replaces ? `${kind}, replace` : kind]),
  );
}

describe("the check of a container's inputs", () => {
  test("reports all problems at once, each with its path, the given value and the expected value", () => {
    const { failures } = checkInputs(
      containerSchema,
      {},
      {
        image: 3,
        ports: [{ internal: "80", external: 1.5 }],
        gpus: "all",
        colour: "red",
        restart: "maybe",
        memory: -1,
        uploads: [{ file: "/a", content: "x", source: "/y" }],
        volumes: [{ volumeName: "data" }],
        healthcheck: { interval: "10", port: 1 },
        labels: "a=b",
        logOpts: { "max-size": 10 },
      },
      naming,
    );
    expect(failures.map(({ reason }) => reason).sort()).toEqual([
      "colour is not an input of this resource",
      "gpus is not implemented by this Docker plugin: use the official plugin of @pulumi/docker for it",
      'healthcheck.interval is "10"; expected a duration such as "500ms", "10s" or "1m30s"',
      "healthcheck.port is not an input of this resource",
      "image is a number; expected a string",
      "labels is a string; expected a list",
      'logOpts["max-size"] is a number; expected a string',
      "memory is -1; expected 0 or more",
      "ports[0].external is a number; expected a whole number",
      "ports[0].internal is a string; expected a whole number",
      'restart is "maybe"; expected one of no, on-failure, always, unless-stopped',
      "uploads has an entry for /a that sets 2 of content, contentBase64 and source; expected exactly one",
      "volumes has an entry with neither of containerPath and fromContainer; expected one of them",
    ]);
    expect(failures.find(({ reason }) => reason.startsWith("ports"))?.property).toBe("ports");
  });

  test("does not show a value that may be a secret", () => {
    const uploads = [{ file: "/a", contentBase64: "not base64, but secret" }];
    const { failures } = checkInputs(containerSchema, {}, { image: "redis", uploads }, naming);
    expect(failures.map(({ reason }) => reason)).toEqual([
      "uploads[0].contentBase64 is not valid; expected base64 with padding",
    ]);
  });

  test("fills in the defaults that are not zero, and lists the inputs that got a default", () => {
    expect(checked({ image: "redis", name: "redis-0", ports: [{ internal: 6379 }] })).toEqual({
      image: "redis",
      name: "redis-0",
      ports: [{ internal: 6379, ip: "0.0.0.0", protocol: "tcp", __defaults: ["ip", "protocol"] }],
      containerReadRefreshTimeoutMilliseconds: 15000,
      mustRun: true,
      networkMode: "bridge",
      removeVolumes: true,
      restart: "no",
      start: true,
      waitTimeout: 60,
      __defaults: [
        "containerReadRefreshTimeoutMilliseconds",
        "mustRun",
        "networkMode",
        "removeVolumes",
        "restart",
        "start",
        "waitTimeout",
      ],
    });
  });

  test("generates a name from the resource's name and the seed, and keeps the name of an existing container", () => {
    const first = checkInputs(containerSchema, {}, { image: "redis" }, naming).inputs;
    expect(first["name"]).toMatch(/^redis-[0-9a-f]{7}$/);
    expect(checkInputs(containerSchema, {}, { image: "redis" }, naming).inputs["name"]).toBe(first["name"]);
    const other = { ...naming, seed: Buffer.from("other") };
    expect(checkInputs(containerSchema, {}, { image: "redis" }, other).inputs["name"]).not.toBe(first["name"]);
    expect(checkInputs(containerSchema, first, { image: "redis" }, other).inputs["name"]).toBe(first["name"]);
  });

  test("uses the name from the engine's naming configuration, or reports a missing name if it forbids generated names", () => {
    const proposed = checkInputs(containerSchema, {}, { image: "redis" }, { ...naming, proposed: "team-redis" });
    expect(proposed.inputs["name"]).toBe("team-redis");
    const forbidden = checkInputs(containerSchema, {}, { image: "redis" }, { ...naming, proposed: null });
    expect(forbidden.failures).toEqual([
      { property: "name", reason: "name is missing; the naming configuration of the engine forbids generated names" },
    ]);
  });

  test("accepts unknown values", () => {
    const given: Values = {
      image: unknown,
      uploads: [{ file: "/a", content: unknown }],
      networksAdvanced: [{ name: unknown }],
    };
    expect(checked(given)["image"]).toBe(unknown);
    expect(checked({ image: "redis", ports: unknown, volumes: [unknown] })["ports"]).toBe(unknown);
  });
});

describe("the difference between a container and its inputs", () => {
  const base = {
    name: "redis-0",
    image: "redis:8",
    command: ["redis-server", "--port", "6379"],
    envs: ["A=1", "B=2"],
    memory: 64,
    restart: "always",
    capabilities: { drops: ["ALL"] },
    ports: [{ internal: 6379, external: 16379, ip: "127.0.0.1" }, { internal: 16379 }],
    uploads: [
      { file: "/a", content: "x" },
      { file: "/b", content: "y" },
    ],
    logOpts: { "max-size": "1m" },
    user: "999",
  };

  test("is empty for the same inputs, whatever the order of the members of sets", () => {
    expect(changes(base, base)).toEqual({});
    const shuffled = { ...base, envs: ["B=2", "A=1"], uploads: [...base.uploads].reverse() };
    expect(changes(base, { ...shuffled, ports: [...base.ports].reverse() })).toEqual({});
  });

  test.each<[string, Values, Record<string, string>]>([
    ["a limit", { memory: 32 }, { memory: "update" }],
    ["a removed limit", { memory: null }, { memory: "delete" }],
    ["a default that is not zero", { restart: null }, { restart: "update" }],
    ["an added limit", { cpuShares: 512 }, { cpuShares: "add" }],
    ["the image", { image: "redis:9" }, { image: "update, replace" }],
    ["a changed member of a set", { envs: ["A=1", "B=3"] }, { "envs[1]": "update, replace" }],
    ["an added member of a set", { envs: ["B=2", "C=3", "A=1"] }, { "envs[1]": "add, replace" }],
    ["no change for a removed input that Docker decides", { envs: null }, {}],
    [
      "an added word of a command",
      { command: ["redis-server", "-v", "--port", "6379"] },
      { "command[1]": "add, replace" },
    ],
    [
      "the content of a file",
      { uploads: [{ file: "/a", content: "z" }, base.uploads[1] ?? {}] },
      { "uploads[0].content": "update, replace" },
    ],
    [
      "a part of an object",
      { capabilities: { drops: ["ALL"], adds: ["CHOWN"] } },
      { "capabilities.adds": "add, replace" },
    ],
    ["an entry of a map", { logOpts: { "max-size": "2m" } }, { 'logOpts["max-size"]': "update, replace" }],
    ["a removed map", { logOpts: null }, { 'logOpts["max-size"]': "delete, replace" }],
    ["a health check as a change in place", { healthcheck: { tests: ["NONE"] } }, { healthcheck: "add" }],
    ["an unknown value", { image: unknown }, { image: "update, replace" }],
    ["no change for a removed user", { user: null }, {}],
  ])("shows %s", (_, change, expected) => {
    expect(changes(base, { ...base, ...change })).toEqual(expected);
  });

  test("leaves out ignored paths and paths below them", () => {
    const after = {
      ...base,
      memory: 1,
      image: "redis:9",
      uploads: [{ file: "/a", content: "z" }, base.uploads[1] ?? {}],
    };
    expect(changes(base, after, ["memory", "uploads[*].content"])).toEqual({ image: "update, replace" });
  });
});

test("a refresh copies drifted values to the inputs, and no longer lists them as defaults", () => {
  const inputs = checked({ image: "redis", name: "redis-0", memory: 64, envs: ["A=1"] });
  const state = { ...planned(containerSchema, {}, inputs), memory: 32, restart: "always", envs: ["A=1"] };
  const refreshed = refreshedInputs(containerSchema, inputs, state);
  expect(refreshed).toMatchObject({ memory: 32, restart: "always", envs: ["A=1"] });
  expect(refreshed["__defaults"]).not.toContain("restart");
  expect(refreshedInputs(containerSchema, inputs, { ...state, memory: 0 })).not.toHaveProperty("memory");
});

test("setOrder returns the members of a set in the order of the official plugin", () => {
  const { envs, volumes, ulimits } = containerInputs;
  expect(setOrder(envs.of, ["A=1", "B=2", "C=3", "A=1"])).toEqual(["C=3", "A=1", "B=2"]);
  expect(
    setOrder(volumes.of, [
      { volumeName: "prov-vol", containerPath: "/data" },
      { hostPath: "/tmp", containerPath: "/host", readOnly: true },
    ]).map(({ containerPath }) => containerPath),
  ).toEqual(["/host", "/data"]);
  expect(
    setOrder(ulimits.of, [
      { name: "nofile", soft: 1000, hard: 2000 },
      { name: "nproc", soft: 100, hard: 200 },
    ]).map(({ name }) => name),
  ).toEqual(["nofile", "nproc"]);
});
