import type Docker from "dockerode";
import { isZero } from "../schema/sameness.ts";
import type { Value, Values } from "../values.ts";
import { healthcheckState } from "./healthcheck.ts";
import { isolationState } from "./isolation.ts";
import { limitsState } from "./limits.ts";
import { portsState } from "./ports.ts";
import { storageState } from "./storage.ts";

/** An inspected container, with what the types of the client leave out. */
type Inspected = Docker.ContainerInspectInfo & {
  readonly Config: { readonly StopSignal?: string; readonly StopTimeout?: number };
  readonly NetworkSettings: { readonly Bridge?: string };
};

/**
 * The state of a container as Docker reports it, over what is known of it already. Docker does not tell apart what a
 * container was given and what its image brought along, so `envs` and `labels` stay as they were given; so does what
 * is about handling it (`start`, `wait`, `uploads`...).
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
    // The daemon's own options would show as a difference where none were given.
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
    // A container that should run and does not shows as a difference, which the next update corrects by starting it.
    mustRun: state.Running ? (known["mustRun"] ?? true) : false,
    exitCode: state.Running ? (known["exitCode"] ?? null) : state.ExitCode,
  };
}

function networkState({ NetworkSettings: network, HostConfig: host, State: state }: Inspected, known: Values): Values {
  // A container that has exited publishes nothing, which is no difference unless it is meant to run.
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

/** Of a container that is known by its id only, nothing says what it was made with. */
function isImported(known: Values): boolean {
  return known["image"] === undefined;
}

/** Only the first colon parts name and address: an IPv6 address has more. */
function hostEntry(entry: string): Value {
  const at = entry.indexOf(":");
  return { host: entry.slice(0, at), ip: entry.slice(at + 1) };
}
