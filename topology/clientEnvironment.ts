import { formatEndpoint, hostEndpoint } from "./endpoint.ts";
import type { Endpoint, Listener, Topology } from "./topology.ts";

/** The variables every application may read, whatever its language. */
export interface CommonEnvironment {
  /**
   * Where a client that does not speak Sentinel writes: the first gateway, which leads to the master of the moment. In a
   * set without gateways the first master, for tools that only look: roles move, and this does not.
   */
  readonly REDIS_MASTER_HOST: string;
  readonly REDIS_MASTER_PORT: string;
  /** Where such a client reads what may be some milliseconds old; only in a set with gateways. */
  readonly REDIS_REPLICAS_HOST?: string;
  readonly REDIS_REPLICAS_PORT?: string;
  /** `address:port` of every Sentinel, separated by commas. */
  readonly REDIS_SENTINEL_HOSTS: string;
  /** The same list, under the name that Go services read. */
  readonly REDIS_SENTINEL_ADDRS: string;
  readonly REDIS_MASTER_NAME: string;
  /** The password of the data nodes and of the Sentinels. */
  readonly REDIS_PASSWORD: string;
  readonly REDIS_DB: string;
  /** Connections a client keeps in its pool at most. */
  readonly REDIS_POOL_SIZE: string;
  /** Connections a client keeps open while it has nothing to do. */
  readonly REDIS_MIN_IDLE_CONNS: string;
}

/** What a Laravel application with phpredis reads besides `REDIS_PASSWORD`, `REDIS_DB` and `REDIS_POOL_SIZE`. */
export interface LaravelEnvironment {
  readonly REDIS_CLIENT: "phpredis";
  readonly REDIS_SENTINEL_ENABLED: "true" | "false";
  readonly REDIS_SENTINEL_MASTER: string;
  /** One pair for each Sentinel, counted from 1. */
  readonly [host: `REDIS_SENTINEL_HOST_${number}`]: string;
  readonly [port: `REDIS_SENTINEL_PORT_${number}`]: string;
  readonly REDIS_MAX_CONNECTIONS: string;
  readonly REDIS_MIN_CONNECTIONS: string;
}

/** Everything an application needs to reach the set; a secret as a whole, since the password is in it. */
export type ClientEnvironment = CommonEnvironment & LaravelEnvironment;

/** Where the application runs: on the set's own network, or on the machine that publishes the set's ports. */
export type ClientPlace = "network" | "host";

/**
 * The environment variables for an application that uses the set.
 *
 * Sentinels always answer with addresses inside the set's network. A client on the host that cannot reach those
 * (Docker Desktop) also needs a translation of addresses, such as ioredis' `natMap`.
 */
export function clientEnvironment(
  topology: Topology,
  password: string,
  place: ClientPlace = "network",
): ClientEnvironment {
  return { ...commonEnvironment(topology, password, place), ...laravelEnvironment(topology, place) };
}

/** Only what a Laravel application reads: its own variables and the three it shares with every other. */
export function laravelVariables(
  topology: Topology,
  password: string,
  place: ClientPlace = "network",
): Readonly<Record<string, string>> {
  const { REDIS_PASSWORD, REDIS_DB, REDIS_POOL_SIZE } = commonEnvironment(topology, password, place);
  return { ...laravelEnvironment(topology, place), REDIS_PASSWORD, REDIS_DB, REDIS_POOL_SIZE };
}

function commonEnvironment(topology: Topology, password: string, place: ClientPlace): CommonEnvironment {
  const sentinels = topology.sentinels.map((sentinel) => formatEndpoint(endpointFor(sentinel, place))).join(",");
  return {
    ...addresses(topology, place),
    REDIS_SENTINEL_HOSTS: sentinels,
    REDIS_SENTINEL_ADDRS: sentinels,
    REDIS_MASTER_NAME: topology.masterName,
    REDIS_PASSWORD: password,
    REDIS_DB: String(topology.client.db),
    REDIS_POOL_SIZE: String(topology.client.poolSize),
    REDIS_MIN_IDLE_CONNS: String(topology.client.minIdle),
  };
}

function addresses(topology: Topology, place: ClientPlace) {
  const [gateway] = topology.gateways;
  const writes = gateway ?? topology.dataNodes[0];
  if (writes === undefined) {
    throw new Error("a topology has at least one data node");
  }
  const master = endpointFor(writes, place);
  const replicas = gateway === undefined ? undefined : endpointFor(gateway.reads, place);
  return {
    REDIS_MASTER_HOST: master.host,
    REDIS_MASTER_PORT: String(master.port),
    ...(replicas === undefined
      ? {}
      : { REDIS_REPLICAS_HOST: replicas.host, REDIS_REPLICAS_PORT: String(replicas.port) }),
  };
}

function laravelEnvironment(topology: Topology, place: ClientPlace): LaravelEnvironment {
  const sentinels: Record<`REDIS_SENTINEL_${"HOST" | "PORT"}_${number}`, string> = {};
  for (const [index, sentinel] of topology.sentinels.entries()) {
    const { host, port } = endpointFor(sentinel, place);
    sentinels[`REDIS_SENTINEL_HOST_${index + 1}`] = host;
    sentinels[`REDIS_SENTINEL_PORT_${index + 1}`] = String(port);
  }
  return {
    REDIS_CLIENT: "phpredis",
    REDIS_SENTINEL_ENABLED: topology.sentinels.length > 0 ? "true" : "false",
    REDIS_SENTINEL_MASTER: topology.masterName,
    ...sentinels,
    REDIS_MAX_CONNECTIONS: String(topology.client.maxConnections),
    REDIS_MIN_CONNECTIONS: String(topology.client.minIdle),
  };
}

function endpointFor(node: Listener, place: ClientPlace): Endpoint {
  return place === "host" ? hostEndpoint(node) : node.endpoint;
}
