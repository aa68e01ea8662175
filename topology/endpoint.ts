import type { Endpoint, Listener } from "./topology.ts";

/** `10.1.2.3:6379`, or `[::1]:6379`: as in a URL. */
export function formatEndpoint(endpoint: Endpoint): string {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/** Where a program on the machine that runs the node reaches it: a port published on every address is on loopback too. */
export function hostEndpoint(node: Listener): Endpoint {
  const { host, port } = node.published;
  return { host: loopbackOf[host] ?? host, port };
}

const loopbackOf: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
