import type Docker from "dockerode";
import { labelObject, labelState } from "../docker/labels.ts";
import { isObject, type Value, type Values } from "../values.ts";
import type { ContainerInputs, Mount, Volume } from "./schema.ts";
import { ordered, present } from "./sets.ts";

/** Converts the inputs for volumes and mounts to Docker's format. */
export function storageRequest(inputs: ContainerInputs): Docker.HostConfig {
  const volumes = ordered(inputs, "volumes");
  return {
    Binds: present(volumes.flatMap(bind)),
    VolumesFrom: present(volumes.flatMap((volume) => volume.fromContainer || [])),
    Mounts: present(ordered(inputs, "mounts"))?.map(mountRequest) as Docker.MountConfig | undefined,
    Tmpfs: inputs.tmpfs && { ...inputs.tmpfs },
    StorageOpt: inputs.storageOpts && { ...inputs.storageOpts },
  };
}

/**
 * Returns the paths of `volumes`. Like the official plugin, they are also declared in the container's configuration.
 */
export function volumePaths(inputs: ContainerInputs): Record<string, object> | undefined {
  if (!inputs.volumes?.length) {
    return undefined;
  }
  return Object.fromEntries(
    inputs.volumes.flatMap(({ containerPath }) => (containerPath ? [[containerPath, {}]] : [])),
  );
}

/**
 * Converts Docker's report of a container's mounts into properties. Leaves out `volumes`, because Docker lists the
 * container's volumes together with those of its image.
 */
export function storageState(host: Docker.HostConfig): Values {
  return {
    mounts: (host.Mounts ?? []).map(mountState),
    tmpfs: host.Tmpfs ?? {},
    storageOpts: host.StorageOpt ?? {},
  };
}

function bind(volume: Volume): string[] {
  const source = volume.hostPath || volume.volumeName;
  if (!source || volume.fromContainer) {
    return [];
  }
  const mode = [volume.readOnly ? "ro" : "rw", volume.selinuxRelabel].filter(Boolean).join();
  return [`${source}:${volume.containerPath}:${mode}`];
}

function mountRequest({ type, target, source, readOnly, bindOptions, volumeOptions, tmpfsOptions }: Mount) {
  return {
    Type: type,
    Target: target,
    Source: source ?? "",
    ReadOnly: readOnly ?? false,
    BindOptions: type === "bind" && bindOptions ? { Propagation: bindOptions.propagation ?? "" } : undefined,
    VolumeOptions: type === "volume" && volumeOptions ? volumeOptionsRequest(volumeOptions) : undefined,
    TmpfsOptions:
      type === "tmpfs" && tmpfsOptions
        ? { SizeBytes: tmpfsOptions.sizeBytes ?? 0, Mode: tmpfsOptions.mode ?? 0 }
        : undefined,
  };
}

function volumeOptionsRequest(options: NonNullable<Mount["volumeOptions"]>) {
  return {
    NoCopy: options.noCopy ?? false,
    Labels: labelObject(options.labels ?? []),
    DriverConfig: { Name: options.driverName ?? "", Options: options.driverOptions ?? {} },
  };
}

/** The options of a mount in Docker's answer. The types of the client declare them only for requests. */
interface ReportedOptions {
  readonly BindOptions?: Values;
  readonly VolumeOptions?: Values;
  readonly TmpfsOptions?: Values;
}

function mountState(mount: Docker.MountSettings): Value {
  const {
    BindOptions: bindOptions,
    VolumeOptions: volumeOptions,
    TmpfsOptions: tmpfsOptions,
  } = mount as ReportedOptions;
  return {
    target: mount.Target,
    source: mount.Source ?? "",
    type: mount.Type,
    readOnly: mount.ReadOnly ?? false,
    bindOptions: bindOptions ? { propagation: bindOptions["Propagation"] ?? "" } : null,
    volumeOptions: volumeOptions ? volumeOptionsState(volumeOptions) : null,
    tmpfsOptions: tmpfsOptions ? { sizeBytes: tmpfsOptions["SizeBytes"] ?? 0, mode: tmpfsOptions["Mode"] ?? 0 } : null,
  };
}

function volumeOptionsState(options: Values): Value {
  const driver = isObject(options["DriverConfig"]) ? options["DriverConfig"] : {};
  return {
    noCopy: options["NoCopy"] ?? false,
    labels: labelState(options["Labels"] as Record<string, string> | null),
    driverName: driver["Name"] ?? "",
    driverOptions: driver["Options"] ?? {},
  };
}
