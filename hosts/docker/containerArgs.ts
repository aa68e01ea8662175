import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Probe, Workload } from "../workload.ts";

/** The objects that a workload's container uses. */
export interface ContainerSurroundings {
  /** The container's own name on the engine. */
  readonly name: string;
  readonly imageId: pulumi.Input<string>;
  /** `uid:gid`, the owner of the secret files. */
  readonly user: string;
  readonly network: pulumi.Input<string>;
  /** The CPU weight; undefined for Docker's default. */
  readonly cpuShares: number | undefined;
  readonly volume: pulumi.Input<string> | undefined;
  readonly labels: docker.types.input.ContainerLabel[];
}

/** Translates a workload to arguments of the Docker provider. */
export function containerArgs(workload: Workload, surroundings: ContainerSurroundings): docker.ContainerArgs {
  const { name, imageId, user, network, cpuShares, volume, labels } = surroundings;
  return {
    name,
    image: imageId,
    // Replaces the image's entrypoint, which would otherwise receive the command as arguments.
    entrypoints: workload.command.slice(0, 1),
    command: workload.command.slice(1),
    envs: Object.entries(workload.environment).map(([key, value]) => `${key}=${value}`),
    uploads: uploads(workload, user),
    user,
    hostname: workload.name,
    labels,
    // The default value. It is set explicitly because the provider reads it back (pulumi/pulumi-docker#1272). The
    // provider then moves the container to the network below. If that network were named here instead, the provider
    // would ignore the fixed address.
    networkMode: "bridge",
    networksAdvanced: [{ name: network, ipv4Address: workload.address, aliases: [workload.name] }],
    ports: workload.ports.flatMap(({ port, published }) =>
      published === undefined
        ? []
        : [{ internal: port, external: published.port, ip: published.host, protocol: "tcp" }],
    ),
    ...volumes(workload, volume),
    tmpfs: Object.fromEntries(workload.scratch.map((path) => [path, "rw,noexec,nosuid,nodev,size=16m,mode=1777"])),
    ...limits(workload),
    ...(cpuShares === undefined ? {} : { cpuShares }),
    ...leastPrivilege,
    ...operation,
    healthcheck: healthcheck(workload.probe),
    stopTimeout: seconds(workload.stopGrace),
    destroyGraceSeconds: seconds(workload.stopGrace),
  };
}

/** Drops all capabilities and forbids gaining new ones. The user comes from the image catalog and is never root. */
const leastPrivilege = {
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
} as const satisfies Partial<docker.ContainerArgs>;

/**
 * Operating options of every container: an init process that reaps zombies, a restart after a reboot, and log rotation.
 */
const operation = {
  init: true,
  restart: "unless-stopped",
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
} as const satisfies Partial<docker.ContainerArgs>;

/**
 * Returns the workload's files. The process can read but not change them, and only its user can read the secret ones.
 */
function uploads(workload: Workload, user: string): docker.types.input.ContainerUpload[] {
  const [owner = "", group = ""] = user.split(":");
  const plain = Object.entries(workload.files).map(([file, content]) => ({ file, content, permissions: "0444" }));
  const secret = Object.entries(workload.secretFiles).map(([file, content]) => ({
    file,
    content: pulumi.secret(content),
    permissions: "0400",
    owner,
    group,
  }));
  return [...plain, ...secret];
}

function volumes(workload: Workload, volume: pulumi.Input<string> | undefined): Pick<docker.ContainerArgs, "volumes"> {
  if (workload.volume === undefined || volume === undefined) {
    return {};
  }
  return { volumes: [{ volumeName: volume, containerPath: workload.volume.mountPath }] };
}

const mebibyte = 1024 * 1024;

/**
 * Returns the limits: CPU in cores, and memory in MiB. The limit of memory and swap is the same, so there is no swap.
 */
function limits(workload: Workload): Pick<docker.ContainerArgs, "cpus" | "memory" | "memorySwap"> {
  const memory = Math.floor(workload.size.memory / mebibyte);
  return { cpus: cores(workload.size.cpus), memory, memorySwap: memory };
}

/** Formats CPU cores as the provider reads them back, `1.0` or `10.`. With another format, each update finds a change. */
function cores(cpus: number): string {
  return Number.isInteger(cpus) ? cpus.toFixed(1).slice(0, 3) : String(cpus);
}

/**
 * Docker only displays the result of a health check and does not act on it. Each run starts a process in the container,
 * which takes 60 ms of CPU time in total, most of it in the engine (measured on Docker 20.10). So the checks are rare:
 * a failing container becomes `unhealthy` within two minutes, and `npm run verify` checks immediately.
 */
const healthCheck = { interval: 60_000, retries: 2 };

function healthcheck(probe: Probe): docker.types.input.ContainerHealthcheck {
  return {
    tests: ["CMD", ...probe.command],
    interval: duration(healthCheck.interval),
    timeout: duration(probe.timeout),
    startPeriod: duration(probe.startPeriod),
    retries: healthCheck.retries,
  };
}

/** Formats a duration as Go does, `1m30s` or `500ms`, because the provider compares the text. */
function duration(milliseconds: number): string {
  if (milliseconds < 1000) {
    return `${milliseconds}ms`;
  }
  const minutes = Math.floor(milliseconds / 60_000);
  const rest = `${(milliseconds % 60_000) / 1000}s`;
  return minutes === 0 ? rest : `${minutes}m${rest}`;
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
