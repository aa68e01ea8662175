import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { dump, load } from "js-yaml";
import { z } from "zod";
import { OWNER } from "../../hosts/kubernetes/annotations.ts";
import { printable } from "../../topology/settings/printable.ts";
import { secretPaths } from "../../topology/settings/schemaErrors.ts";
import { defineCommand, exitCodes, OperationError, stackOption } from "../command.ts";
import { declaredObjects, type KubernetesObject } from "../stack/declaredObjects.ts";
import { projectRoot } from "../stack/workspace.ts";

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
    const { files, secrets } = await manifestsOf(stack, await readConfiguration(stack));
    await writeManifests(target, files);
    console.log(`wrote ${Object.keys(files).length} objects to ${relative(process.cwd(), target) || "."}`);
    for (const { name, keys } of secrets) {
      console.log(`left out: Secret ${name}, with the keys ${keys.join(", ")}`);
    }
    return exitCodes.success;
  },
});

/** What a stack would have on Kubernetes. */
export interface Manifests {
  /** YAML by the name of its file. */
  readonly files: Readonly<Record<string, string>>;
  /** What is left out of them. */
  readonly secrets: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

/**
 * Runs the program without an engine. A process can do this once.
 *
 * @param configuration as `pulumi.runtime.allConfig()` gives it
 * @throws OperationError when the stack is not on Kubernetes, or its configuration has problems
 */
export async function manifestsOf(stack: string, configuration: Readonly<Record<string, string>>): Promise<Manifests> {
  const objects = await declaredObjects(configuration, PROJECT, stack, () => import("../../index.ts")).catch(
    inOneMessage,
  );
  if (objects.length === 0) {
    throw new OperationError(`the stack ${stack} has nothing on Kubernetes: its target is not kubernetes`);
  }
  const secrets = objects.filter(({ kind }) => kind === "Secret");
  const shown = objects.filter(({ kind }) => kind !== "Secret");
  return {
    files: Object.fromEntries(shown.map((object) => [fileName(object), inYaml(object)])),
    secrets: secrets.map((secret) => ({ name: secret.metadata.name, keys: keysOf(secret) })),
  };
}

/** What the program tells Pulumi to print, without a stack trace. */
function inOneMessage(error: unknown): never {
  throw pulumi.RunError.isInstance(error) ? new OperationError(error.message) : error;
}

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

type StackFile = { readonly config?: Record<string, unknown> } | undefined;

async function parseStackFile(stack: string): Promise<StackFile> {
  const file = `Pulumi.${stack}.yaml`;
  const shown = printable(file);
  try {
    return load(await readFile(join(projectRoot, file), "utf8")) as StackFile;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new OperationError(`there is no ${shown}, and so nothing to render`);
    }
    if (error instanceof Error && error.name === "YAMLException") {
      throw new OperationError(`${shown} cannot be read: ${error.message}`);
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

async function writeManifests(folder: string, files: Manifests["files"]): Promise<void> {
  await emptyFolder(folder);
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(folder, file), text)));
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
    throw new OperationError(
      `${printable(folder)} is there already and was not written by this command; choose another --folder`,
    );
  }
}

function fileName({ kind, metadata }: KubernetesObject): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}

/**
 * Plain YAML of the object as it is. The Kubernetes client's own `dumpYaml` must not be used here: it drops every field
 * that it does not know or calls by another name, such as `from` of a NetworkPolicy. Lines are not folded, so that a
 * script in a ConfigMap can be read line by line, and no value is replaced by a reference to an equal one.
 */
function inYaml(object: KubernetesObject): string {
  return dump(withoutInstructions(object), { lineWidth: -1, noRefs: true });
}

/** Annotations that tell Pulumi what to do say nothing to the cluster, and only a state has an identity. */
function withoutInstructions(object: KubernetesObject): KubernetesObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const rest = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/") && key !== OWNER);
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
