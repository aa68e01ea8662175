import { formatEndpoint, hostEndpoint } from "./endpoint.ts";
import type { GatewayPlan, Listener, Topology } from "./topology.ts";

/** The variables every application may read, whatever its language. */
export interface CommonEnvironment {
  /**
   * Where a client that does not speak Sentinel writes: a gateway, which leads to the master of the moment. On Docker
   * the first gateway; on Kubernetes the Service in front of all of them, by name. In a set without gateways the first
   * master, for tools that only look: roles move, and this does not.
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
  /** The password of the data nodes. */
  readonly REDIS_PASSWORD: string;
  /** The password of the Sentinels, which a client gives them beside that of the data nodes: the same one. */
  readonly REDIS_SENTINEL_PASSWORD: string;
  readonly REDIS_DB: string;
  /** Connections a client keeps in its pool at most. */
  readonly REDIS_POOL_SIZE: string;
  /** Connections a client keeps open while it has nothing to do. */
  readonly REDIS_MIN_IDLE_CONNS: string;
}

/**
 * What a Laravel application with phpredis reads besides `REDIS_PASSWORD`, `REDIS_SENTINEL_PASSWORD`, `REDIS_DB` and
 * `REDIS_POOL_SIZE`. Laravel's own config/database.php (12.x and 13.x) knows no Sentinel: it reads the first five, and
 * where one is missing it takes its own default, such as 127.0.0.1. The others are for an application's own code.
 */
export interface LaravelEnvironment {
  readonly REDIS_CLIENT: "phpredis";
  /**
   * As `REDIS_MASTER_HOST`, but a name that no resolver knows where that would lead to a node that may lose its role:
   * the application then fails at its first command, and not at the first failover.
   */
  readonly REDIS_HOST: string;
  readonly REDIS_PORT: string;
  /** The user that the password belongs to. */
  readonly REDIS_USERNAME: string;
  /** Never `REDIS_DB`: `php artisan cache:clear` empties this database. */
  readonly REDIS_CACHE_DB: string;
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

/** Only what a Laravel application reads: its own variables and the four it shares with every other. */
export function laravelVariables(
  topology: Topology,
  password: string,
  place: ClientPlace = "network",
): Readonly<Record<string, string>> {
  const common = commonEnvironment(topology, password, place);
  const { REDIS_PASSWORD, REDIS_SENTINEL_PASSWORD, REDIS_DB, REDIS_POOL_SIZE } = common;
  return { ...laravelEnvironment(topology, place), REDIS_PASSWORD, REDIS_SENTINEL_PASSWORD, REDIS_DB, REDIS_POOL_SIZE };
}

function commonEnvironment(topology: Topology, password: string, place: ClientPlace): CommonEnvironment {
  const sentinels = topology.sentinels.map((sentinel) => formatEndpoint(endpointFor(sentinel, place))).join(",");
  return {
    ...addresses(topology, place),
    REDIS_SENTINEL_HOSTS: sentinels,
    REDIS_SENTINEL_ADDRS: sentinels,
    REDIS_MASTER_NAME: topology.masterName,
    REDIS_PASSWORD: password,
    REDIS_SENTINEL_PASSWORD: password,
    REDIS_DB: String(topology.client.db),
    REDIS_POOL_SIZE: String(topology.client.poolSize),
    REDIS_MIN_IDLE_CONNS: String(topology.client.minIdle),
  };
}

function addresses(topology: Topology, place: ClientPlace) {
  const [gateway] = topology.gateways;
  const master = masterAddress(topology, place);
  const replicas = gateway === undefined ? undefined : gatewayAddress(topology, gateway, gateway.reads, place);
  return {
    REDIS_MASTER_HOST: master.host,
    REDIS_MASTER_PORT: String(master.port),
    ...(replicas === undefined
      ? {}
      : { REDIS_REPLICAS_HOST: replicas.host, REDIS_REPLICAS_PORT: String(replicas.port) }),
  };
}

/** Where a client connects; unlike an endpoint of the plan it may be a name. */
interface ClientAddress {
  readonly host: string;
  readonly port: number;
}

function masterAddress(topology: Topology, place: ClientPlace): ClientAddress {
  const [gateway] = topology.gateways;
  if (gateway !== undefined) {
    return gatewayAddress(topology, gateway, gateway, place);
  }
  const [firstMaster] = topology.dataNodes;
  if (firstMaster === undefined) {
    throw new Error("a topology has at least one data node");
  }
  return endpointFor(firstMaster, place);
}

/**
 * On Kubernetes a Service stands in front of all gateways, so that clients find another one when one is lost. It is
 * called by its name, which every pod of the cluster can resolve. The cluster chose its address: a planned one would
 * mean to make the Service of a running set again, under the clients that use it.
 */
function gatewayAddress(
  { host }: Topology,
  gateway: GatewayPlan,
  listener: Listener,
  place: ClientPlace,
): ClientAddress {
  if (host.target === "kubernetes") {
    const rows = host.rows.filter(({ members }) => members.includes(gateway.name));
    const service = rows.flatMap(({ services }) => services).find(({ target }) => target === listener.endpoint.port);
    if (service !== undefined) {
      return { host: `${service.name}.${host.namespace}.svc`, port: service.port };
    }
  }
  return endpointFor(listener, place);
}

/**
 * Where Laravel connects. Without a gateway it could be led only to one node, and would write to a replica after a
 * failover; a set of one node has none.
 */
function laravelAddress(topology: Topology, place: ClientPlace): ClientAddress {
  const address = masterAddress(topology, place);
  const staysMaster = topology.gateways.length > 0 || topology.dataNodes.length === 1;
  return staysMaster ? address : { host: nowhere, port: address.port };
}

/** Names under `.invalid` never exist (RFC 6761); a client's error message shows it, and so what to do. */
const nowhere = "set-gateway.enabled-to-true.invalid";

/** The database beside an application's own; Redis has 16. */
function cacheDatabase(db: number): number {
  return db === 15 ? 14 : db + 1;
}

function laravelEnvironment(topology: Topology, place: ClientPlace): LaravelEnvironment {
  const sentinels: Record<`REDIS_SENTINEL_${"HOST" | "PORT"}_${number}`, string> = {};
  for (const [index, sentinel] of topology.sentinels.entries()) {
    const { host, port } = endpointFor(sentinel, place);
    sentinels[`REDIS_SENTINEL_HOST_${index + 1}`] = host;
    sentinels[`REDIS_SENTINEL_PORT_${index + 1}`] = String(port);
  }
  const { host, port } = laravelAddress(topology, place);
  return {
    REDIS_CLIENT: "phpredis",
    REDIS_HOST: host,
    REDIS_PORT: String(port),
    REDIS_USERNAME: "default",
    REDIS_CACHE_DB: String(cacheDatabase(topology.client.db)),
    REDIS_SENTINEL_ENABLED: topology.sentinels.length > 0 ? "true" : "false",
    REDIS_SENTINEL_MASTER: topology.masterName,
    ...sentinels,
    REDIS_MAX_CONNECTIONS: String(topology.client.maxConnections),
    REDIS_MIN_CONNECTIONS: String(topology.client.minIdle),
  };
}

function endpointFor(node: Listener, place: ClientPlace): ClientAddress {
  return place === "host" ? hostEndpoint(node) : node.endpoint;
}
