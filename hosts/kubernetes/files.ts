import { basename, dirname } from "node:path";
import type * as kubernetes from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** A ConfigMap or Secret that has files, each under its base name. */
export interface FileSource {
  readonly kind: "configMap" | "secret";
  readonly name: Input<string>;
  /** Of the files, as the process sees them. */
  readonly paths: readonly string[];
}

/**
 * Content by base name, as ConfigMaps and Secrets have it.
 *
 * @throws Error when two files have one base name
 */
export function byBaseName<Content>(files: Readonly<Record<string, Content>>): Record<string, Content> {
  const entries = Object.entries(files).map(([path, content]) => [basename(path), content] as const);
  const names = new Set(entries.map(([name]) => name));
  if (names.size < entries.length) {
    throw new Error(`files of one workload need base names of their own: ${Object.keys(files).join(", ")}`);
  }
  return Object.fromEntries(entries);
}

/** One volume for each source and folder. */
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

/** Every user in the pod may read a ConfigMap's files; only the group of the process may read a Secret's. */
function contents({ kind, name }: FileSource, baseNames: readonly string[]) {
  const items = baseNames.map((key) => ({ key, path: key }));
  return kind === "configMap"
    ? { configMap: { name, items, defaultMode: 0o444 } }
    : { secret: { secretName: name, items, defaultMode: 0o440 } };
}

function folders({ paths }: FileSource): readonly string[] {
  return [...new Set(paths.map((path) => dirname(path)))];
}

/** `/etc/redis-ha-secrets` of a Secret: `secret-etc-redis-ha-secrets`. */
function volumeName({ kind }: FileSource, folder: string): string {
  return `${kind.toLowerCase()}${folder.replaceAll("/", "-")}`;
}
