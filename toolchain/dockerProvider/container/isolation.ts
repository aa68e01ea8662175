import { isDeepStrictEqual } from "node:util";
import type Docker from "dockerode";
import { isZero } from "../schema/sameness.ts";
import { isList, isObject, type Value, type Values } from "../values.ts";
import type { ContainerInputs } from "./schema.ts";
import { ordered, present } from "./sets.ts";

/** An option of the Docker client, which sends empty lists of masked paths for it. The daemon does not accept it. */
const nothingMasked = "systempaths=unconfined";

/** Converts the inputs for isolation to Docker's format. */
export function isolationRequest(inputs: ContainerInputs): Docker.HostConfig {
  const securityOpts = ordered(inputs, "securityOpts");
  const unmasked = securityOpts.includes(nothingMasked) ? [] : undefined;
  return {
    Privileged: inputs.privileged,
    ReadonlyRootfs: inputs.readOnly,
    CapAdd: present(fullNames(inputs.capabilities?.adds)),
    CapDrop: present(fullNames(inputs.capabilities?.drops)),
    SecurityOpt: present(securityOpts.filter((option) => option !== nothingMasked)),
    MaskedPaths: unmasked,
    ReadonlyPaths: unmasked,
    UsernsMode: inputs.usernsMode,
    PidMode: inputs.pidMode,
    IpcMode: inputs.ipcMode,
    Sysctls: inputs.sysctls && { ...inputs.sysctls },
    GroupAdd: present(ordered(inputs, "groupAdds")),
    CgroupParent: inputs.cgroupParent,
    ...(inputs.cgroupnsMode ? { CgroupnsMode: inputs.cgroupnsMode } : {}),
    Devices: present(ordered(inputs, "devices"))?.map((device) => ({
      PathOnHost: device.hostPath,
      PathInContainer: device.containerPath || device.hostPath,
      CgroupPermissions: device.permissions,
    })),
    DeviceCgroupRules: present(ordered(inputs, "deviceCgroupRules")),
  };
}

/** Converts the isolation that Docker reports to properties. */
export function isolationState(host: Docker.HostConfig, known: Values): Values {
  return {
    privileged: host.Privileged ?? false,
    readOnly: host.ReadonlyRootfs ?? false,
    capabilities: capabilitiesState(host, known["capabilities"] ?? null),
    securityOpts: securityState(host.SecurityOpt ?? [], known["securityOpts"]),
    usernsMode: host.UsernsMode ?? "",
    // Docker reports a default mode even if none was given.
    pidMode: isZero(known["pidMode"]) ? (known["pidMode"] ?? null) : (host.PidMode ?? ""),
    ipcMode: host.IpcMode ?? "",
    sysctls: host.Sysctls ?? {},
    groupAdds: host.GroupAdd ?? [],
    devices: isZero(known["devices"]) ? null : devicesState(host.Devices ?? [], known["devices"]),
  };
}

/** Returns the full names of capabilities, sorted and without duplicates: `CAP_CHOWN` for `chown`. */
function fullNames(names: readonly string[] = []): string[] {
  const upper = names.map((name) => name.trim().toUpperCase());
  return [...new Set(upper.map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`)))].sort();
}

/** Keeps the spelling of the input if it means the same capabilities: "CHOWN" for "CAP_CHOWN". */
function capabilitiesState(host: Docker.HostConfig, known: Value): Value {
  const adds = (host.CapAdd ?? []) as string[];
  const drops = (host.CapDrop ?? []) as string[];
  if (adds.length === 0 && drops.length === 0) {
    return known;
  }
  const given = isObject(known) ? known : {};
  return { adds: spelled(adds, given["adds"]), drops: spelled(drops, given["drops"]) };
}

function spelled(names: readonly string[], known: Value | undefined): Value {
  const spelling = isList(known) ? known.map(String) : [];
  return isDeepStrictEqual(fullNames(spelling), fullNames(names)) ? spelling : names;
}

/** Adds the option that was not sent to Docker, if it was given. */
function securityState(options: readonly string[], known: Value | undefined): Value {
  return isList(known) && known.includes(nothingMasked) ? [...options, nothingMasked] : options;
}

interface Device {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** Returns the devices. Leaves out a path inside the container that was not given, since Docker then fills it in. */
function devicesState(devices: readonly Device[], known: Value | undefined): Value {
  const given = (isList(known) ? known : []).filter(isObject).filter((device) => !isZero(device["containerPath"]));
  const named = new Set(given.map((device) => device["hostPath"]));
  return devices.map(({ PathOnHost, PathInContainer, CgroupPermissions }) => ({
    hostPath: PathOnHost,
    permissions: CgroupPermissions,
    ...(named.has(PathOnHost) ? { containerPath: PathInContainer } : {}),
  }));
}
