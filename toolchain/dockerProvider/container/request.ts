import type Docker from "dockerode";
import { labelObject } from "../docker/labels.ts";
import { healthcheckRequest } from "./healthcheck.ts";
import { isolationRequest } from "./isolation.ts";
import { limitsRequest } from "./limits.ts";
import { portsRequest } from "./ports.ts";
import type { ContainerInputs } from "./schema.ts";
import { ordered, present } from "./sets.ts";
import { storageRequest, volumePaths } from "./storage.ts";

/** Returns the body of POST /containers/create. Docker decides the values that are undefined. */
export function containerRequest(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  return {
    ...processRequest(inputs),
    Image: inputs.image,
    Labels: inputs.labels?.length ? labelObject(inputs.labels) : undefined,
    Healthcheck: inputs.healthcheck && healthcheckRequest(inputs.healthcheck),
    ExposedPorts: portsRequest(inputs).exposed,
    Volumes: volumePaths(inputs),
    HostConfig: {
      ...limitsRequest(inputs),
      ...isolationRequest(inputs),
      ...storageRequest(inputs),
      ...networkingRequest(inputs),
      RestartPolicy: { Name: inputs.restart, MaximumRetryCount: inputs.maxRetryCount ?? 0 },
      Runtime: inputs.runtime,
      AutoRemove: inputs.rm,
      LogConfig: { Type: inputs.logDriver ?? "", Config: inputs.logOpts ?? {} },
      Init: inputs.init ?? false,
    },
  };
}

function processRequest(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  return {
    Hostname: inputs.hostname,
    Domainname: inputs.domainname,
    User: inputs.user,
    Tty: inputs.tty,
    OpenStdin: inputs.stdinOpen,
    Env: present(ordered(inputs, "envs")),
    Cmd: present(inputs.command),
    Entrypoint: present(inputs.entrypoints),
    WorkingDir: inputs.workingDir,
    StopSignal: inputs.stopSignal,
    StopTimeout: inputs.stopTimeout || undefined,
  };
}

function networkingRequest(inputs: ContainerInputs): Docker.HostConfig {
  return {
    NetworkMode: inputs.networkMode,
    PublishAllPorts: inputs.publishAllPorts,
    PortBindings: portsRequest(inputs).bindings,
    Dns: present(ordered(inputs, "dns")),
    DnsOptions: present(ordered(inputs, "dnsOpts")),
    DnsSearch: present(ordered(inputs, "dnsSearches")),
    ExtraHosts: present(ordered(inputs, "hosts"))?.map(({ host, ip }) => `${host}:${ip}`),
  };
}
