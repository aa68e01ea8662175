import type { Endpoint, Listener } from "./topology.ts";

/** Formats an endpoint as in a URL: `10.1.2.3:6379` or `[::1]:6379`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/**
 * The endpoint of a node for programs on its machine. A port that is published on all addresses is also on loopback.
 */
export function hostEndpoint(node: Listener): Endpoint {
  const { host, port } = node.published;
  return { host: loopbackOf[host] ?? host, port };
}

const loopbackOf: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
