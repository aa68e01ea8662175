import { basename, dirname } from "node:path";
import type * as kubernetes from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** A ConfigMap or Secret with files, each stored under its base name. */
export interface FileSource {
  readonly kind: "configMap" | "secret";
  readonly name: Input<string>;
  /** The paths of the files in the container. */
  readonly paths: readonly string[];
}

/**
 * Maps base names to contents, as ConfigMaps and Secrets store them.
 *
 * @throws Error when two files have the same base name
 */
export function byBaseName<Content>(files: Readonly<Record<string, Content>>): Record<string, Content> {
  const entries = Object.entries(files).map(([path, content]) => [basename(path), content] as const);
  const names = new Set(entries.map(([name]) => name));
  if (names.size < entries.length) {
    throw new Error(`the files of a workload must have different base names: ${Object.keys(files).join(", ")}`);
  }
  return Object.fromEntries(entries);
}

/** Returns one volume for each source and folder. */
export function fileVolumes(sources: readonly FileSource[]): kubernetes.types.input.core.v1.Volume[] {
  return sources.flatMap((source) =>
    folders(source).map((folder) => {
      const items = source.paths.filter((path) => dirname(path) === folder).map((path) => basename(path));
      return { name: volumeName(source, folder), ...contents(source, items) };
    }),
  );
}

export function fileMounts(sources: readonly FileSource[]): kubernetes.types.input.core.v1.VolumeMount[] {
  return sources.flatMap((source) =>
    folders(source).map((folder) => ({ name: volumeName(source, folder), mountPath: folder, readOnly: true })),
  );
}

/** All users in the pod may read the files of a ConfigMap. Only the process's group may read the files of a Secret. */
function contents({ kind, name }: FileSource, baseNames: readonly string[]) {
  const items = baseNames.map((key) => ({ key, path: key }));
  return kind === "configMap"
    ? { configMap: { name, items, defaultMode: 0o444 } }
    : { secret: { secretName: name, items, defaultMode: 0o440 } };
}

function folders({ paths }: FileSource): readonly string[] {
  return [...new Set(paths.map((path) => dirname(path)))];
}

/** Returns the name of a volume: `secret-etc-redis-ha-secrets` for the folder `/etc/redis-ha-secrets` of a Secret. */
function volumeName({ kind }: FileSource, folder: string): string {
  return `${kind.toLowerCase()}${folder.replaceAll("/", "-")}`;
}
