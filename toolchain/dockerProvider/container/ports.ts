import type Docker from "dockerode";
import type { Value } from "../values.ts";
import type { ContainerInputs } from "./schema.ts";

interface Binding {
  readonly HostIp: string;
  readonly HostPort: string;
}

interface PortsRequest {
  readonly exposed: Record<string, object> | undefined;
  readonly bindings: Record<string, Binding[]> | undefined;
}

/** Converts the input `ports` to Docker's format. Docker chooses a port if the external port is 0. */
export function portsRequest({ ports }: ContainerInputs): PortsRequest {
  if (!ports?.length) {
    return { exposed: undefined, bindings: undefined };
  }
  const exposed: Record<string, object> = {};
  const bindings: Record<string, Binding[]> = {};
  for (const { internal, external, ip, protocol } of ports) {
    const key = `${internal}/${protocol}`;
    exposed[key] = {};
    bindings[key] = [...(bindings[key] ?? []), { HostIp: ip, HostPort: String(external ?? 0) }];
  }
  return { exposed, bindings };
}

/** Converts the ports that Docker reports to the property `ports`, sorted by the port inside the container. */
export function portsState(ports: Docker.ContainerInspectInfo["NetworkSettings"]["Ports"] | null): Value {
  return Object.entries(ports ?? {})
    .map(([key, bindings]) => ({ internal: Number.parseInt(key, 10), protocol: key.split("/")[1] ?? "tcp", bindings }))
    .sort((one, other) => one.internal - other.internal)
    .flatMap(({ internal, protocol, bindings }) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({ external: Number(HostPort), internal, ip: HostIp, protocol })),
    );
}
