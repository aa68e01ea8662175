import type Docker from "dockerode";
import { isZero } from "../schema/sameness.ts";
import type { Value, Values } from "../values.ts";
import type { ContainerInputs } from "./schema.ts";
import { ordered, present } from "./sets.ts";

const mebibyte = 1024 * 1024;

/** Converts the inputs for resource limits to Docker's format. */
export function limitsRequest(inputs: ContainerInputs): Docker.HostConfig {
  const cpus = inputs.cpus ? nanoCpus(inputs.cpus) : undefined;
  return {
    NanoCpus: cpus,
    // Docker accepts either a number of processors, or a period and a quota.
    CpuPeriod: cpus === undefined ? inputs.cpuPeriod : undefined,
    CpuQuota: cpus === undefined ? inputs.cpuQuota : undefined,
    CpuShares: inputs.cpuShares,
    CpusetCpus: inputs.cpuSet,
    Memory: bytes(inputs.memory),
    MemoryReservation: bytes(inputs.memoryReservation),
    MemorySwap: bytes(inputs.memorySwap),
    ShmSize: bytes(inputs.shmSize),
    Ulimits: present(ordered(inputs, "ulimits"))?.map(({ name, soft, hard }) => ({
      Name: name,
      Soft: soft,
      Hard: hard,
    })),
    ...throttles(inputs),
  };
}

/** Returns all limits that Docker can change in an existing container, whether they have changed or not. */
export function changedLimits(inputs: ContainerInputs): Docker.HostConfig {
  return {
    CpuShares: inputs.cpuShares ?? 0,
    CpusetCpus: inputs.cpuSet ?? "",
    Memory: bytes(inputs.memory) ?? 0,
    MemoryReservation: bytes(inputs.memoryReservation) ?? 0,
    MemorySwap: bytes(inputs.memorySwap) ?? 0,
    ...throttles(inputs),
  };
}

/** Converts the limits that Docker reports to properties. */
export function limitsState(host: Docker.HostConfig, known: Values): Values {
  return {
    memory: megabytes(host.Memory),
    memoryReservation: megabytes(host.MemoryReservation),
    memorySwap: megabytes(host.MemorySwap),
    shmSize: megabytes(host.ShmSize),
    cpus: cpusState(host.NanoCpus, known["cpus"] ?? null),
    cpuShares: host.CpuShares ?? 0,
    cpuSet: host.CpusetCpus ?? "",
    // A container without its own ulimits may report those of the daemon.
    ulimits: isZero(known["ulimits"]) ? (known["ulimits"] ?? null) : ulimitsState(host.Ulimits ?? []),
    deviceReadBps: rates(host.BlkioDeviceReadBps),
    deviceReadIops: rates(host.BlkioDeviceReadIOps),
    deviceWriteBps: rates(host.BlkioDeviceWriteBps),
    deviceWriteIops: rates(host.BlkioDeviceWriteIOps),
  };
}

/** Converts mebibytes to bytes. -1 means no limit, 0 means not set. */
function bytes(count: number | undefined): number | undefined {
  if (count === undefined || count === 0) {
    return undefined;
  }
  return count > 0 ? count * mebibyte : count;
}

function megabytes(count: number | undefined): number {
  if (count === undefined || count <= 0) {
    return count ?? 0;
  }
  return Math.floor(count / mebibyte);
}

/** Converts a number of processors to billionths, without floating-point errors. */
function nanoCpus(cpus: string): number {
  const [whole = "0", fraction = ""] = cpus.split(".");
  return Number(whole) * 1e9 + Number(fraction.padEnd(9, "0"));
}

/** Converts to a number of processors. Keeps the spelling of the input if it means the same number: "1.0" for "1". */
function cpusState(nanos: number | undefined, known: Value): Value {
  if (nanos === undefined || nanos === 0) {
    return known;
  }
  return typeof known === "string" && nanoCpus(known) === nanos ? known : String(nanos / 1e9);
}

function ulimitsState(ulimits: readonly Docker.Ulimit[]): Value {
  return ulimits.map(({ Name, Soft, Hard }) => ({ name: Name ?? "", soft: Soft ?? 0, hard: Hard ?? 0 }));
}

type Throttle = "deviceReadBps" | "deviceReadIops" | "deviceWriteBps" | "deviceWriteIops";

function throttles(inputs: ContainerInputs): Docker.HostConfig {
  const limits = (name: Throttle) =>
    present(ordered(inputs, name))?.map(({ path, rate }) => ({ Path: path, Rate: rate }));
  return {
    BlkioDeviceReadBps: limits("deviceReadBps"),
    BlkioDeviceReadIOps: limits("deviceReadIops"),
    BlkioDeviceWriteBps: limits("deviceWriteBps"),
    BlkioDeviceWriteIOps: limits("deviceWriteIops"),
  };
}

function rates(limits: unknown): Value {
  return Array.isArray(limits) ? limits.map(({ Path, Rate }) => ({ path: String(Path), rate: Number(Rate) })) : [];
}
