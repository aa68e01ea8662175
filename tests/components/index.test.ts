import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { localRecipes, recipeHash } from "../../images/recipes.ts";
import { plan } from "../../topology/plan.ts";
import { parseSettings } from "../../topology/settings/settings.ts";
import {
  type Declaration,
  declared,
  isSecret,
  named,
  ofType,
  plainTexts,
  refused,
} from "../support/components/program.ts";
import { containersOf, podsOf, servicesOf, shapesOf, treeOf } from "../support/components/snapshot.ts";
import { rawConfiguration } from "../support/unit/stackFile.ts";

vi.mock("../../rollout/observeNodes.ts", () => ({ observeNodes: async () => [] }));

beforeAll(() => {
  vi.spyOn(pulumi.log, "warn").mockResolvedValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe.each(["dev", "staging", "prod"])("the program of the stack %s", (stack) => {
  let program: Declaration;
  beforeAll(async () => {
    program = await runIndex(rawConfiguration(stack));
  });

  test("declares the resources of its snapshot", async () => {
    const snapshot = join(import.meta.dirname, "snapshots", `${stack}.txt`);
    await expect(snapshotOf(program)).toMatchFileSnapshot(snapshot);
  });

  test("exports the plan of its stack file", () => {
    const { settings } = parseSettings(rawConfiguration(stack), "redis-ha");
    expect(program.outputs["topology"]).toEqual(plan(settings).topology);
  });

  test("names every resource after its parent, with unique names for each type", () => {
    const misnamed = program.resources.filter(({ name, parent }) => {
      const nameOfParent = parent?.split(" ")[1] ?? "redis-ha";
      return name !== nameOfParent && !name.startsWith(`${nameOfParent}-`);
    });
    expect(misnamed).toEqual([]);
    const identities = program.resources.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(identities).size).toBe(identities.length);
  });

  test("deletes Docker resources before it replaces them", () => {
    const replaceable = program.resources.filter(({ type }) => /^docker:.*(Container|Network|Volume)$/.test(type));
    expect(replaceable.filter(({ deleteBeforeReplace }) => !deleteBeforeReplace)).toEqual([]);
  });

  test("has no after-hooks, which would block every other resource while they wait", () => {
    const hooks = program.resources.flatMap((resource) => resource.hooks);
    expect(hooks).toContain("beforeUpdate redis-ha-verification-checks");
    expect(hooks.filter((hook) => hook.startsWith("after"))).toEqual([]);
  });

  test("contains its generated passwords only in secrets", () => {
    const passwords = stashedSecrets(program);
    // The password of the nodes, three login passwords, and the certificate of the login proxy with its key.
    expect(passwords).toHaveLength(5);
    const texts = plainTexts([program.resources, program.outputs]);
    expect(texts.filter((text) => passwords.some((password) => text.includes(password)))).toEqual([]);
  });

  test("declares the same resources in every run, except for generated passwords and the identity", async () => {
    const again = await runIndex(rawConfiguration(stack));
    expect(withoutGenerated(again)).toEqual(withoutGenerated(program));
  });
});

test("configured passwords are used, and no passwords are generated", async () => {
  const program = await runIndex({
    ...rawConfiguration("dev"),
    "redis-ha:password": "correct-horse-battery-staple",
    "redis-ha:gateway": '{"password":"look-but-do-not-touch"}',
    "redis-ha:exporter": '{"password":"scrape-and-nothing-else"}',
    "redis-ha:commander": '{"password":"open-sesame-open-sesame"}',
  });
  // The record of the deployment contains the configured password. Only the login proxy's certificate is generated.
  expect(stashedSecrets(program)).toEqual([
    "correct-horse-battery-staple",
    expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
  ]);
  expect(program.outputs).toMatchObject({
    password: { value: "correct-horse-battery-staple" },
    gateway: { value: { password: "look-but-do-not-touch" } },
    metrics: { value: { password: "scrape-and-nothing-else" } },
    commander: { value: { password: "open-sesame-open-sesame" } },
  });
});

test("with an invalid configuration, the program fails with all problems and declares nothing", async () => {
  const configuration = {
    "redis-ha:size": "dev",
    "redis-ha:replicas": "many",
    "redis-ha:sentinels": '{"quorum":4}',
    "redis-ha:redis": '{"timeout":"soon"}',
  };
  const { failure, resources, outputs } = await refused(index(configuration));
  expect(pulumi.RunError.isInstance(failure)).toBe(true);
  expect((failure as Error).message.split("\n")).toEqual([
    "the stack's configuration has 3 problems:",
    "  replicas: got many, expected a whole number from 0 to 30",
    "  redis.timeout: got soon, expected a time from 0 to 24h in whole seconds with its unit (ms, s, m or h)",
    "  sentinels.quorum: got 4, expected 1 to 3, the number of Sentinels",
  ]);
  expect({ resources, outputs }).toEqual({ resources: [], outputs: {} });
});

/** Runs index.ts as `pulumi up` does. */
function runIndex(configuration: Readonly<Record<string, string>>): Promise<Declaration> {
  return declared(index(configuration));
}

/** Returns a function that runs index.ts. Node runs a module only once, so the module cache is cleared first. */
function index(configuration: Readonly<Record<string, string>>): () => Promise<unknown> {
  return () => {
    vi.resetModules();
    pulumi.runtime.setAllConfig(configuration);
    return import("../../index.ts");
  };
}

function snapshotOf(program: Declaration): string {
  const sections = {
    resources: treeOf(program),
    images: imagesOf(program),
    containers: containersOf(program),
    pods: podsOf(program),
    services: servicesOf(program),
    outputs: shapesOf(program),
  };
  return Object.entries(sections)
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`), ""].join("\n"))
    .join("\n");
}

function imagesOf(program: Declaration): readonly string[] {
  const recipes = Object.values(localRecipes).map((recipe) => recipeHash(recipe));
  return ofType(program, "docker:index/remoteImage:RemoteImage").map(({ name, inputs }) => {
    const reference = recipes.reduce(
      (text, hash) => text.replace(hash, "<hash of the recipe>"),
      String(inputs["name"]),
    );
    return `${name}: ${reference}`;
  });
}

/** The secrets in the inputs of all stashes. */
function stashedSecrets(program: Declaration): readonly string[] {
  const stashed = ofType(program, "pulumi:index:Stash").flatMap(({ inputs: { input } }) => {
    const value = isRecord(input) && "password" in input ? input["password"] : input;
    return isSecret(value) ? [String(value.value)] : [];
  });
  // The password of the nodes is in two stashes: its own and the record of the deployment.
  return [...new Set(stashed)];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function withoutGenerated(program: Declaration): unknown {
  const { resources, outputs } = program;
  const text = JSON.stringify({ resources, outputs });
  const generated = [...stashedSecrets(program), String(named(program, "redis-ha-identity").inputs["input"])];
  const words = generated.map((word) => JSON.stringify(word).slice(1, -1));
  const withoutWords = words.reduce((rest, word) => rest.replaceAll(word, "generated"), text);
  // HAProxy's files contain the passwords in hexadecimal and as hashes.
  return JSON.parse(withoutWords.replaceAll(/(setenv \w+) [0-9a-fA-F]+/g, "$1 generated"));
}
