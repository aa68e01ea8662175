import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ConfiguredStack, configuredStack } from "../../../components/parts/configuredStack.ts";
import { plan } from "../../../topology/plan.ts";
import { validateSettings } from "../../../topology/settings/settings.ts";
import { declared, refused } from "../../support/components/program.ts";
import { temporaryFolder } from "../../support/unit/temporaryFolder.ts";

beforeEach(() => {
  vi.spyOn(pulumi.log, "warn").mockResolvedValue();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("the configuration of a stack", () => {
  test("without keys of this project results in the default set without configured passwords", async () => {
    expect(await configured({})).toEqual({ topology: plan(validateSettings({})).topology, secrets: {} });
  });

  test("is refused if keys of the Kubernetes provider may select another cluster", async () => {
    const configuration = { "kubernetes:context": "elsewhere", "kubernetes:enableReplaceCRD": "true" };
    expect(await configured(configuration)).toMatchObject({ topology: { host: { target: "docker" } } });
    expect(await refusal({ ...configuration, "redis-ha:target": "kubernetes" })).toBe(
      "the stack's configuration has a problem:\n" +
        "  kubernetes:context: got a value, expected none: the checks use the cluster that KUBECONFIG and " +
        "redis-ha:kubernetes.context select; pulumi config rm kubernetes:context, and set KUBECONFIG or kubernetes.context instead",
    );
  });

  test("is refused if its file contains a number that YAML reads as a different one", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, `Pulumi.${pulumi.getStack()}.yaml`), "config:\n  redis-ha:replicas: 010\n");
    vi.spyOn(process, "cwd").mockReturnValue(folder);
    expect(await refusal({ "redis-ha:replicas": "8", "redis-ha:images": "docker.io" })).toBe(
      "the stack's configuration has 2 problems:\n" +
        "  images: got docker.io, expected upstream or local\n" +
        "  replicas: got 010, which YAML reads as 8, expected a number without leading zeros, prefix, underscores or " +
        "exponent, or a text in quotes",
    );
  });

  test("results in the plan of the set, and separately in its passwords", async () => {
    const stack = await configured({
      "redis-ha:size": "dev",
      "redis-ha:replicas": "1",
      "redis-ha:sentinels": '{"downAfter":"5s"}',
      "redis-ha:password": "correct-horse-battery-staple",
      "redis-ha:gateway": '{"count":2,"password":"look-but-do-not-touch"}',
      "redis-ha:commander": '{"user":"operator","password":"open-sesame-open-sesame"}',
    });
    const settings = validateSettings({
      size: "dev",
      replicas: 1,
      sentinels: { downAfter: "5s" },
      gateway: { count: 2 },
      commander: { user: "operator" },
    });
    expect(stack).toEqual({
      topology: plan(settings).topology,
      secrets: {
        password: "correct-horse-battery-staple",
        gatewayPassword: "look-but-do-not-touch",
        commanderPassword: "open-sesame-open-sesame",
      },
    });
  });

  test("may contain keys of providers and of other projects", async () => {
    const { topology } = await configured({ "docker:host": "tcp://10.1.2.3:2376", "website:replicas": "many" });
    expect(topology).toEqual(plan(validateSettings({})).topology);
  });
});

describe("the warnings of a configuration", () => {
  test("include the warnings of the plan, and do not stop the update", async () => {
    await configured({ "redis-ha:size": "dev", "redis-ha:sentinels": '{"count":4}' });
    expect(warnings()).toEqual(
      plan(validateSettings({ size: "dev", sentinels: { count: 4 } })).warnings.map(({ path }) => path),
    );
    expect(warnings()).toContain("sentinels.count");
  });

  test("recommend encryption for a password in plain text in the stack file", async () => {
    vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", "[]");
    await configured({ "redis-ha:size": "dev", "redis-ha:password": "correct-horse-battery-staple" });
    expect(vi.mocked(pulumi.log.warn).mock.calls).toEqual([
      [
        "password: got a password in plain text, expected an encrypted password; " +
          "set it with `pulumi config set --secret --path 'password'`",
      ],
    ]);
  });

  test("do not mention encrypted passwords", async () => {
    vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", '["redis-ha:password","redis-ha:commander"]');
    await configured({
      "redis-ha:size": "dev",
      "redis-ha:password": "correct-horse-battery-staple",
      "redis-ha:commander": '{"password":"open-sesame-open-sesame"}',
    });
    expect(warnings()).toEqual([]);
  });
});

describe("an invalid configuration", () => {
  test("fails with a RunError, which Pulumi prints without a stack trace, and with every problem of the schema", async () => {
    expect(await refusal({ "redis-ha:replicas": "many", "redis-ha:password": "short", "redis-ha:sizes": "dev" })).toBe(
      [
        "the stack's configuration has 3 problems:",
        "  replicas: got many, expected a whole number from 0 to 30",
        "  password: got a text of 5 characters, expected 16 to 128 letters, digits and the characters . _ = -; " +
          "leave it out, and a password is generated",
        "  sizes: got an unknown key, expected a known one; did you mean size?",
      ].join("\n"),
    );
  });

  test("fails with a RunError that names every contradiction between settings", async () => {
    expect(
      await refusal({
        "redis-ha:size": "dev",
        "redis-ha:replicas": "0",
        "redis-ha:sentinels": '{"quorum":4}',
        "redis-ha:docker": '{"ports":{"redis":9121}}',
      }),
    ).toBe(
      [
        "the stack's configuration has 3 problems:",
        "  sentinels.quorum: got 4, expected 1 to 3, the number of Sentinels",
        "  redis.minReplicasToWrite: got 1, expected at most 0, the number of replicas; " +
          "the master would refuse every write: lower this value, or add replicas",
        "  docker.ports.exporter: got 9121, expected ports that do not overlap docker.ports.redis, which uses 9121",
      ].join("\n"),
    );
  });
});

test("an error that is not the user's mistake is passed on unchanged", async () => {
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", "no JSON");
  const { failure } = await refused(configuredStack);
  expect(failure).toBeInstanceOf(SyntaxError);
});

/** Reads the configuration within a program, as index.ts does. */
async function configured(configuration: Readonly<Record<string, string>>): Promise<ConfiguredStack> {
  let stack: ConfiguredStack | undefined;
  pulumi.runtime.setAllConfig(configuration);
  await declared(() => {
    stack = configuredStack();
  });
  return stack!;
}

async function refusal(configuration: Readonly<Record<string, string>>): Promise<string> {
  pulumi.runtime.setAllConfig(configuration);
  const { failure } = await refused(configuredStack);
  if (!pulumi.RunError.isInstance(failure)) {
    throw failure;
  }
  return failure.message;
}

/** The paths of the update's warnings. */
function warnings(): readonly string[] {
  return vi.mocked(pulumi.log.warn).mock.calls.map(([text]) => text.split(":")[0] ?? "");
}
