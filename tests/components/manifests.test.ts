import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { command, type Manifests, manifestsOf } from "../../operations/commands/manifests.ts";
import { declaredObjects, type KubernetesObject } from "../../operations/stack/declaredObjects.ts";
import { violations } from "../support/components/restrictedProfile.ts";
import { findSecret } from "../support/docker/secretSearch.ts";
import { rawConfiguration } from "../support/unit/stackFile.ts";
import { temporaryFolder } from "../support/unit/temporaryFolder.ts";

beforeAll(() => {
  vi.spyOn(pulumi.log, "warn").mockResolvedValue();
});

describe.each(["staging", "prod"])("the manifests of the stack %s", (stack) => {
  let manifests: Manifests;
  beforeAll(async () => {
    manifests = await render(stack, rawConfiguration(stack));
  });

  test("are one file for each object, named by kind and name", () => {
    const kinds = Object.groupBy(Object.keys(manifests.files), (file) => file.split("-")[0] ?? "");
    expect(Object.fromEntries(Object.entries(kinds).map(([kind, files]) => [kind, files?.length]))).toEqual({
      configmap: 10,
      deployment: 5,
      namespace: 1,
      networkpolicy: 5,
      poddisruptionbudget: 3,
      service: 17,
      statefulset: 6,
    });
    for (const [file, text] of Object.entries(manifests.files)) {
      const { kind, metadata } = load(text) as KubernetesObject;
      expect(file).toBe(`${kind.toLowerCase()}-${metadata.name}.yaml`);
    }
  });

  test("list the names and keys of the Secrets, and contain no Secret", () => {
    expect(manifests.secrets.map(({ name }) => name).sort()).toEqual([
      "redis-ha-commander-commander-secrets",
      "redis-ha-exporter-exporter-secrets",
      "redis-ha-gateway-gateway-0-secrets",
      "redis-ha-gateway-gateway-1-secrets",
      "redis-ha-login-proxy-login-proxy-secrets",
      "redis-ha-master-redis-0-secrets",
      "redis-ha-replicas-redis-1-secrets",
      "redis-ha-replicas-redis-2-secrets",
      "redis-ha-sentinels-sentinel-0-secrets",
      "redis-ha-sentinels-sentinel-1-secrets",
      "redis-ha-sentinels-sentinel-2-secrets",
    ]);
    expect(manifests.secrets.find(({ name }) => name.endsWith("redis-0-secrets"))?.keys).toEqual([
      "authenticate",
      "redis-authentication.conf",
    ]);
    expect(Object.values(manifests.files).filter((text) => /^kind: Secret$/m.test(text))).toEqual([]);
  });

  test("contain every ConfigMap and list every Secret that the pods refer to", () => {
    const volumes = podsOf(manifests).flatMap((pod) => pod.volumes ?? []);
    const configMaps = volumes.flatMap(({ configMap }) => (configMap ? [`configmap-${configMap.name}.yaml`] : []));
    const secrets = volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : []));
    const files = Object.keys(manifests.files).filter((file) => file.startsWith("configmap-"));
    expect([...new Set(configMaps)].sort()).toEqual(files.sort());
    expect([...new Set(secrets)].sort()).toEqual(manifests.secrets.map(({ name }) => name).sort());
  });

  test("contain nothing that only Pulumi needs", () => {
    expect(findSecret("pulumi", manifests.files)).toEqual([]);
  });

  test("contain only pods that satisfy the restricted Pod Security Standard", () => {
    expect(podsOf(manifests).map(violations)).toEqual(Array.from({ length: 11 }, () => []));
  });
});

test("manifests contain no password in any form, even if the configuration has it in plain text", async () => {
  const passwords = ["correct-horse-battery-staple", "look-but-do-not-touch", "open-sesame-open-sesame"] as const;
  const { files, secrets } = await render("staging", {
    ...rawConfiguration("staging"),
    "redis-ha:password": passwords[0],
    "redis-ha:gateway": JSON.stringify({ count: 2, password: passwords[1] }),
    "redis-ha:commander": JSON.stringify({ password: passwords[2] }),
  });
  expect(secrets).toHaveLength(11);
  for (const password of passwords) {
    expect(findSecret(password, { ...files, names: JSON.stringify(secrets) })).toEqual([]);
  }
});

describe("the command `manifests`", () => {
  beforeEach(() => {
    vi.spyOn(console, "log").mockReturnValue();
  });

  test("writes the manifests to a folder, and removes files of an earlier plan when it runs again", async () => {
    const folder = join(temporaryFolder(), "review");
    expect(await run({ stack: "prod", folder })).toBe(0);
    const files = await readdir(folder);
    expect(files.filter((file) => file.endsWith(".yaml"))).toHaveLength(47);
    expect(await readFile(join(folder, "namespace-redis-ha.yaml"), "utf8")).toContain("kind: Namespace\n");

    await writeFile(join(folder, "service-of-an-earlier-plan.yaml"), "");
    expect(await run({ stack: "prod", folder })).toBe(0);
    expect(await readdir(folder)).toEqual(files);
  });

  test("refuses a folder that it did not write, and leaves it unchanged", async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "diary.txt"), "dear diary");
    await expect(run({ stack: "prod", folder })).rejects.toThrow(
      `${folder} already exists and was not written by this command; choose another --folder`,
    );
    expect(await readdir(folder)).toEqual(["diary.txt"]);
  });

  test("fails with a reason for a stack on Docker and for a stack without configuration", async () => {
    await expect(run({ stack: "dev", folder: join(temporaryFolder(), "review") })).rejects.toThrow(
      "the stack dev has no Kubernetes objects: its target is not kubernetes",
    );
    await expect(run({ stack: "elsewhere", folder: join(temporaryFolder(), "review") })).rejects.toThrow(
      "Pulumi.elsewhere.yaml does not exist, so there is nothing to write",
    );
  });
});

/** Settings for which the program declares objects of every kind, including kinds that no stack uses. */
const allObjects = {
  "redis-ha:target": "kubernetes",
  "redis-ha:kubernetes": JSON.stringify({
    monitors: { enabled: true, labels: { release: "prometheus" } },
    priorityClass: "important",
    storageClass: "fast",
    spread: { nodes: "required", zones: "required" },
  }),
};

describe.each([
  ["dev, moved to Kubernetes,", { ...rawConfiguration("dev"), "redis-ha:target": "kubernetes" }],
  ["staging", rawConfiguration("staging")],
  ["prod", rawConfiguration("prod")],
  ["a stack that uses every kind of object", allObjects],
])("the manifests of %s", (_name, configuration) => {
  test("contain in plain YAML exactly the objects that the program declares", async () => {
    const { files } = await render("review", configuration);
    vi.resetModules();
    const declared = await declaredObjects(configuration, "redis-ha", "review", () => import("../../index.ts"));
    const expected = declared
      .filter(({ kind }) => kind !== "Secret")
      .map((object) => [`${object.kind.toLowerCase()}-${object.metadata.name}.yaml`, forTheCluster(object)]);
    expect(Object.fromEntries(Object.entries(files).map(([file, text]) => [file, load(text)]))).toEqual(
      Object.fromEntries(expected),
    );
  });
});

test("each NetworkPolicy in the manifests names the pods that it admits", async () => {
  const { files } = await render("review", allObjects);
  const policies = Object.entries(files).filter(([file]) => file.startsWith("networkpolicy-"));
  const admitted = policies.map(([file, text]) => {
    const { spec } = load(text) as { spec: { ingress: readonly { readonly from?: readonly object[] }[] } };
    return [file, spec.ingress.map(({ from = [] }) => from.length)];
  });
  expect(Object.fromEntries(admitted)).toEqual({
    "networkpolicy-redis-ha-within.yaml": [1],
    "networkpolicy-redis-ha-clients-to-redis.yaml": [1],
    "networkpolicy-redis-ha-clients-to-sentinel.yaml": [1],
    "networkpolicy-redis-ha-clients-to-gateway.yaml": [1],
    "networkpolicy-redis-ha-monitoring-to-login-proxy.yaml": [1],
    "networkpolicy-redis-ha-monitoring-to-gateway.yaml": [1],
  });
});

test("a script in a manifest has the same lines as its source", async () => {
  const { files } = await render("staging", rawConfiguration("staging"));
  const script = await readFile(join(import.meta.dirname, "../../configs/scripts/start-redis.sh"), "utf8");
  const indented = script.replace(/^(?=.)/gm, "    ");
  expect(files[nameOf(files, /^configmap-redis-ha-master-/)]).toContain(`  start-redis.sh: |\n${indented}`);
});

/** The object as the manifests contain it: without annotations for Pulumi and without the identity of the state. */
function forTheCluster(object: KubernetesObject): unknown {
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith("pulumi.com/") && key !== "redis-ha/owner",
  );
  const { annotations: _all, ...metadata } = object.metadata;
  const kept = annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) };
  return { ...object, metadata: { ...metadata, ...kept } };
}

function nameOf(files: Manifests["files"], pattern: RegExp): string {
  return Object.keys(files).find((file) => pattern.test(file)) ?? "";
}

/** Renders the manifests. Node runs a module only once, so the module cache is cleared first. */
function render(stack: string, configuration: Readonly<Record<string, string>>): Promise<Manifests> {
  vi.resetModules();
  return manifestsOf(stack, configuration);
}

function run(options: { readonly stack: string; readonly folder: string }): Promise<number> {
  vi.resetModules();
  return command.run(options, []);
}

type PodSpec = Parameters<typeof violations>[0];

function podsOf({ files }: Manifests): readonly PodSpec[] {
  const workloads = Object.entries(files).filter(([file]) => /^(statefulset|deployment)-/.test(file));
  return workloads.map(([, yaml]) => (load(yaml) as { spec: { template: { spec: PodSpec } } }).spec.template.spec);
}
