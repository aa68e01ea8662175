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

/** The ports a container publishes, in Docker's words; port 0 lets Docker choose one. */
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

/** The ports Docker reports, as a property: by their numbers inside the container. */
export function portsState(ports: Docker.ContainerInspectInfo["NetworkSettings"]["Ports"] | null): Value {
  return Object.entries(ports ?? {})
    .map(([key, bindings]) => ({ internal: Number.parseInt(key, 10), protocol: key.split("/")[1] ?? "tcp", bindings }))
    .sort((one, other) => one.internal - other.internal)
    .flatMap(({ internal, protocol, bindings }) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => ({ external: Number(HostPort), internal, ip: HostIp, protocol })),
    );
}
