import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { dumpYaml, loadYaml } from "@kubernetes/client-node";
import { z } from "zod";
import { secretPaths } from "../topology/shape.ts";
import { defineCommand, exitCodes, OperationError, stackOption } from "./command.ts";
import { declaredObjects, type KubernetesObject } from "./declaredObjects.ts";
import { projectRoot } from "./workspace.ts";

export const command = defineCommand({
  name: "manifests",
  summary: "write what a stack would have on Kubernetes into a folder, for review",
  usage: `npm run manifests -- [--stack NAME] [--folder FOLDER]

One YAML file for each object, from the stack's configuration alone: no cluster, no state and no password is needed.
Secrets are left out, since their values would stand there for all to read; their names and keys are printed.
The folder is emptied first if it was written by this command.

  --stack NAME     the stack, whose target is kubernetes (default: dev)
  --folder FOLDER  where to write (default: manifests/NAME)`,
  options: { stack: stackOption, folder: { type: "string" } },
  async run({ stack, folder }) {
    const target = resolve(folder ?? join(projectRoot, "manifests", stack));
    const configuration = await readConfiguration(stack);
    const objects = await declaredObjects(configuration, PROJECT, stack, () => import("../index.ts"));
    if (objects.length === 0) {
      throw new OperationError(`the stack ${stack} has nothing on Kubernetes: its target is not kubernetes`);
    }
    const secrets = objects.filter(({ kind }) => kind === "Secret");
    const shown = objects.filter(({ kind }) => kind !== "Secret");
    await writeManifests(target, shown);
    console.log(`wrote ${shown.length} objects to ${relative(process.cwd(), target) || "."}`);
    for (const secret of secrets) {
      console.log(`left out: Secret ${secret.metadata.name}, with the keys ${keysOf(secret).join(", ")}`);
    }
    return exitCodes.success;
  },
});

/** The namespace of our keys, which Pulumi.yaml gives to the project. */
const PROJECT = "redis-ha";

/** Tells a folder of ours from one that must not be emptied. */
const MARK = ".written-by-redis-ha";

/** What `pulumi.runtime.allConfig()` gives, without passwords: they would be encrypted, and are not shown anyway. */
async function readConfiguration(stack: string): Promise<Record<string, string>> {
  const { config = {} } = (await parseStackFile(stack)) ?? {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !secretPaths.includes(key.slice(PROJECT.length + 1)))
      .map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(withoutSecrets(value)) : String(value)]),
  );
}

async function parseStackFile(stack: string): Promise<{ readonly config?: Record<string, unknown> } | undefined> {
  const file = `Pulumi.${stack}.yaml`;
  try {
    return loadYaml(await readFile(join(projectRoot, file), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new OperationError(`there is no ${file}, and so nothing to render`);
    }
    throw error;
  }
}

/** Pulumi encrypts a value as `{ secure: ... }`. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => !(typeof inner === "object" && inner !== null && "secure" in inner))
      .map(([key, inner]) => [key, withoutSecrets(inner)]),
  );
}

async function writeManifests(folder: string, objects: readonly KubernetesObject[]): Promise<void> {
  await emptyFolder(folder);
  await Promise.all(
    objects.map((object) => {
      const file = `${object.kind.toLowerCase()}-${object.metadata.name}.yaml`;
      return writeFile(join(folder, file), dumpYaml(withoutInstructions(object), { lineWidth: 120 }));
    }),
  );
}

async function emptyFolder(folder: string): Promise<void> {
  try {
    await mkdir(join(folder, ".."), { recursive: true });
    await mkdir(folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw error;
    }
    await requireMark(folder);
    await rm(folder, { recursive: true });
    await mkdir(folder);
  }
  await writeFile(join(folder, MARK), "");
}

async function requireMark(folder: string): Promise<void> {
  try {
    await readFile(join(folder, MARK));
  } catch {
    throw new OperationError(`${folder} is there already and was not written by this command; choose another --folder`);
  }
}

/** Annotations that tell Pulumi what to do say nothing to the cluster. */
function withoutInstructions(object: KubernetesObject): KubernetesObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const rest = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
  return {
    ...object,
    metadata: rest.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(rest) },
  };
}

/** What is secret comes in Pulumi's envelope, as `value`. */
function keysOf(secret: KubernetesObject): readonly string[] {
  return Object.keys(secretSchema.parse(secret).stringData.value);
}

const secretSchema = z.object({ stringData: z.object({ value: z.record(z.string(), z.unknown()) }) });
