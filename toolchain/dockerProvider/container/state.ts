import type Docker from "dockerode";
import { isZero } from "../schema/sameness.ts";
import type { Value, Values } from "../values.ts";
import { healthcheckState } from "./healthcheck.ts";
import { isolationState } from "./isolation.ts";
import { limitsState } from "./limits.ts";
import { portsState } from "./ports.ts";
import { storageState } from "./storage.ts";

/** An inspected container, with fields that the types of the client lack. */
type Inspected = Docker.ContainerInspectInfo & {
  readonly Config: { readonly StopSignal?: string; readonly StopTimeout?: number };
  readonly NetworkSettings: { readonly Bridge?: string };
};

/**
 * Merges the state that Docker reports into the known state of a container. Docker does not report which environment
 * variables and labels come from the image, so `envs` and `labels` keep their known values. Inputs that Docker does not
 * report at all (`start`, `wait`, `uploads`...) keep theirs as well.
 */
export function containerState(inspected: Docker.ContainerInspectInfo, known: Values): Values {
  const info = inspected as Inspected;
  const { Config: config, HostConfig: host } = info;
  return {
    ...known,
    ...processState(info),
    ...runState(info, known),
    ...limitsState(host, known),
    ...isolationState(host, known),
    ...storageState(host),
    ...networkState(info, known),
    name: info.Name.replace(/^\//, ""),
    image: String(known["image"] ?? "").startsWith("sha256:") ? info.Image : config.Image,
    platform: info.Platform,
    healthcheck: healthcheckState(config.Healthcheck, known["healthcheck"] ?? null),
    logDriver: host.LogConfig?.Type ?? "",
    // If no options were given, the default options of the daemon must not show as a difference.
    logOpts: isZero(known["logOpts"]) ? null : ((host.LogConfig?.Config ?? {}) as Values),
    containerLogs: known["containerLogs"] ?? null,
  };
}

function processState({ Config: config }: Inspected): Values {
  return {
    hostname: config.Hostname,
    domainname: config.Domainname,
    command: config.Cmd ?? [],
    entrypoints: [config.Entrypoint ?? []].flat(),
    user: config.User,
    workingDir: config.WorkingDir,
    tty: config.Tty,
    stdinOpen: config.OpenStdin,
    stopSignal: config.StopSignal ?? "",
    stopTimeout: config.StopTimeout ?? 0,
  };
}

function runState({ HostConfig: host, State: state }: Inspected, known: Values): Values {
  return {
    rm: host.AutoRemove ?? false,
    init: host.Init ?? false,
    restart: host.RestartPolicy?.Name ?? "",
    maxRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    runtime: host.Runtime ?? "",
    // A stopped container that must run shows as a difference, and the next update starts it.
    mustRun: state.Running ? (known["mustRun"] ?? true) : false,
    exitCode: state.Running ? (known["exitCode"] ?? null) : state.ExitCode,
  };
}

function networkState({ NetworkSettings: network, HostConfig: host, State: state }: Inspected, known: Values): Values {
  // An exited container publishes no ports. That is a difference only if the container must run.
  const readPorts = (isImported(known) || !isZero(known["ports"])) && (state.Running || known["mustRun"] === true);
  return {
    bridge: network.Bridge ?? "",
    networkDatas: Object.entries(network.Networks ?? {}).map(([name, data]) => ({
      networkName: name,
      ipAddress: data.IPAddress,
      ipPrefixLength: data.IPPrefixLen,
      gateway: data.Gateway,
      globalIpv6Address: data.GlobalIPv6Address,
      globalIpv6PrefixLength: data.GlobalIPv6PrefixLen,
      ipv6Gateway: data.IPv6Gateway,
      macAddress: data.MacAddress,
    })),
    networkMode: host.NetworkMode ?? "",
    publishAllPorts: host.PublishAllPorts ?? false,
    ports: readPorts ? portsState(network.Ports) : (known["ports"] ?? null),
    dns: host.Dns ?? [],
    dnsOpts: host.DnsOptions ?? [],
    dnsSearches: host.DnsSearch ?? [],
    hosts: ((host.ExtraHosts ?? []) as string[]).map(hostEntry),
  };
}

/** True if only the id of the container is known. */
function isImported(known: Values): boolean {
  return known["image"] === undefined;
}

/** Splits an entry at its first colon. An IPv6 address contains more colons. */
function hostEntry(entry: string): Value {
  const at = entry.indexOf(":");
  return { host: entry.slice(0, at), ip: entry.slice(at + 1) };
}
