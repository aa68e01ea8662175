import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { stashed, statedIdentity } from "../../../../hosts/stateResources.ts";
import { readState } from "../../../../operations/stack/stackState.ts";
import { readStateText, statedPlatforms } from "../../../../operations/stack/stateText.ts";
import { temporaryFolder } from "../../../support/unit/temporaryFolder.ts";

const volume = resource("docker:index/volume:Volume", "redis-ha-master-redis-0-data");
const namespace = resource("kubernetes:core/v1:Namespace", "redis-ha-namespace");
const identity = {
  ...resource("pulumi:index:Stash", "redis-ha-identity"),
  inputs: { input: "0123456789abcdef" },
  outputs: { output: "0123456789abcdef" },
};

describe("the platforms of a state's resources", () => {
  test.each([
    ["none for a stack that was never deployed", undefined, []],
    ["none for a stack that was removed", { manifest: {} }, []],
    ["Docker for a set on Docker", { resources: [identity, volume] }, ["docker"]],
    ["Kubernetes for a set on Kubernetes", { resources: [namespace] }, ["kubernetes"]],
    [
      "Docker and Kubernetes after an incomplete change of the target",
      { resources: [volume, namespace] },
      ["docker", "kubernetes"],
    ],
    [
      "Docker for a state that has only Docker's provider",
      { resources: [resource("pulumi:providers:docker", "default")] },
      ["docker"],
    ],
  ])("are %s", async (_case, latest, platforms) => {
    const backend = await backendWith(latest === undefined ? undefined : checkpoint(latest));
    const text = await readStateText(backend.project, backend, "dev");
    expect(statedPlatforms(text)).toEqual(platforms);
    expect(statedPlatforms(text && JSON.stringify(JSON.parse(text), undefined, 4))).toEqual(platforms);
  });
});

test("the identity of a state is read without decryption, and is undefined for a state that has none", async () => {
  const backend = await backendWith(checkpoint({ resources: [identity, volume] }));
  const state = await readState(backend.project, backend, "dev");
  expect(statedIdentity(state)).toBe("0123456789abcdef");
  expect(stashed(state, "-cluster")).toBeUndefined();
  expect(statedIdentity([])).toBeUndefined();
});

test.each([
  ["that of a stack that was never deployed", undefined],
  ["that of a stack that was removed", checkpoint({ manifest: {} })],
  ["an incomplete file, which Pulumi itself refuses", '{"version":3,"checkpoint":'],
])("a state has no resources if it is %s", async (_case, file) => {
  const backend = await backendWith(file);
  expect(await readState(backend.project, backend, "dev")).toEqual([]);
});

function resource(type: string, name: string) {
  return { type, urn: `urn:pulumi:dev::redis-ha::parent$${type}::${name}` };
}

function checkpoint(latest: unknown): string {
  return JSON.stringify({ version: 3, checkpoint: { latest } });
}

/** The backend of a clone in which this file is the state of the stack dev. */
async function backendWith(file: string | undefined) {
  const project = temporaryFolder();
  await writeFile(join(project, "Pulumi.yaml"), "name: redis-ha\n");
  const folder = join(project, ".state");
  const path = join(folder, ".pulumi/stacks/redis-ha/dev.json");
  if (file !== undefined) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file);
  }
  return { project, folder, environment: {} };
}
