import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { dump, load } from "js-yaml";
import { z } from "zod";
import { ownerAnnotation } from "../../hosts/kubernetes/annotations.ts";
import { printable } from "../../topology/settings/printable.ts";
import { secretPaths } from "../../topology/settings/schemaErrors.ts";
import { defineCommand, exitCodes, OperationError, stackOption } from "../command.ts";
import { declaredObjects, type KubernetesObject } from "../stack/declaredObjects.ts";
import { projectRoot } from "../stack/workspace.ts";

export const command = defineCommand({
  name: "manifests",
  summary: "write the Kubernetes objects of a stack into a folder, for review",
  usage: `npm run manifests -- [--stack NAME] [--folder FOLDER]

Writes one YAML file for each object. Only the stack's configuration is needed: no cluster, no state and no password.
Secrets are left out, because everyone could read their values in the files. Their names and keys are printed instead.
A folder that this command wrote earlier is emptied first. Any other existing folder is refused.

  --stack NAME     the stack; its target must be kubernetes (default: dev)
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

/** The Kubernetes objects of a stack. */
export interface Manifests {
  /** The YAML text of each object, by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** The Secrets, which are not among the files. */
  readonly secrets: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

/**
 * Renders the Kubernetes objects of a stack by running the Pulumi program without an engine. Can be called only once
 * in a process.
 *
 * @param configuration in the format of `pulumi.runtime.allConfig()`
 * @throws OperationError if the stack's target is not Kubernetes, or its configuration has problems
 */
export async function manifestsOf(stack: string, configuration: Readonly<Record<string, string>>): Promise<Manifests> {
  const objects = await declaredObjects(configuration, project, stack, () => import("../../index.ts")).catch(
    rethrowWithoutTrace,
  );
  if (objects.length === 0) {
    throw new OperationError(`the stack ${stack} has no Kubernetes objects: its target is not kubernetes`);
  }
  const secrets = objects.filter(({ kind }) => kind === "Secret");
  const shown = objects.filter(({ kind }) => kind !== "Secret");
  return {
    files: Object.fromEntries(shown.map((object) => [fileName(object), inYaml(object)])),
    secrets: secrets.map((secret) => ({ name: secret.metadata.name, keys: keysOf(secret) })),
  };
}

/** Turns a `RunError`, whose message is meant for the user, into an error that is printed without a stack trace. */
function rethrowWithoutTrace(error: unknown): never {
  throw pulumi.RunError.isInstance(error) ? new OperationError(error.message) : error;
}

/** The project's name in Pulumi.yaml. It is the namespace of the configuration keys. */
const project = "redis-ha";

/** Marks a folder that this command wrote: no other folder may be emptied. */
const mark = ".written-by-redis-ha";

/** Reads the configuration as `pulumi.runtime.allConfig()` does, but without passwords, which are not needed. */
async function readConfiguration(stack: string): Promise<Record<string, string>> {
  const { config = {} } = (await parseStackFile(stack)) ?? {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !secretPaths.includes(key.slice(project.length + 1)))
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
      throw new OperationError(`${shown} does not exist, so there is nothing to write`);
    }
    if (error instanceof Error && error.name === "YAMLException") {
      throw new OperationError(`${shown} cannot be read: ${error.message}`);
    }
    throw error;
  }
}

/** Removes encrypted values, which Pulumi writes as `{ secure: ... }`. */
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
  await writeFile(join(folder, mark), "");
}

async function requireMark(folder: string): Promise<void> {
  try {
    await readFile(join(folder, mark));
  } catch {
    throw new OperationError(
      `${printable(folder)} already exists and was not written by this command; choose another --folder`,
    );
  }
}

function fileName({ kind, metadata }: KubernetesObject): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}

/**
 * Renders an object as plain YAML. The Kubernetes client's own `dumpYaml` must not be used here: it drops every field
 * that it does not know or that it names differently, such as `from` of a NetworkPolicy. Lines are not folded, so that
 * a script in a ConfigMap can be read line by line. Equal values are repeated, not replaced by references.
 */
function inYaml(object: KubernetesObject): string {
  return dump(withoutPulumiAnnotations(object), { lineWidth: -1, noRefs: true });
}

/** Removes annotations that only Pulumi reads, and the owner: only an object that was deployed has one. */
function withoutPulumiAnnotations(object: KubernetesObject): KubernetesObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const rest = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/") && key !== ownerAnnotation);
  return {
    ...object,
    metadata: rest.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(rest) },
  };
}

/** Pulumi wraps secret data in an object, as its `value`. */
function keysOf(secret: KubernetesObject): readonly string[] {
  return Object.keys(secretSchema.parse(secret).stringData.value);
}

const secretSchema = z.object({ stringData: z.object({ value: z.record(z.string(), z.unknown()) }) });
