import { formatEndpoint, hostEndpoint } from "./endpoint.ts";
import type { GatewayPlan, Listener, Topology } from "./topology.ts";

/** The environment variables for applications in any language. */
export interface CommonEnvironment {
  /**
   * The host to which a client without Sentinel support writes: a gateway, which leads to the current master. On Docker
   * this is the first gateway. On Kubernetes it is the name of the Service in front of all gateways. In a set without
   * gateways it is the first master, which is only good for tools that read: after a failover it is a replica.
   */
  readonly REDIS_MASTER_HOST: string;
  readonly REDIS_MASTER_PORT: string;
  /** The host from which such a client reads data that may be some milliseconds old. Only in a set with gateways. */
  readonly REDIS_REPLICAS_HOST?: string;
  readonly REDIS_REPLICAS_PORT?: string;
  /** `address:port` of every Sentinel, separated by commas. */
  readonly REDIS_SENTINEL_HOSTS: string;
  /** The same list under the variable name that Go services read. */
  readonly REDIS_SENTINEL_ADDRS: string;
  readonly REDIS_MASTER_NAME: string;
  /** The password of the data nodes. */
  readonly REDIS_PASSWORD: string;
  /**
   * The password of the Sentinels. It equals the password of the data nodes, but clients need it as a separate option.
   */
  readonly REDIS_SENTINEL_PASSWORD: string;
  readonly REDIS_DB: string;
  /** The maximum number of connections in a client's pool. */
  readonly REDIS_POOL_SIZE: string;
  /** The number of connections that a client keeps open while they are idle. */
  readonly REDIS_MIN_IDLE_CONNS: string;
}

/**
 * The variables that a Laravel application with phpredis reads in addition to `REDIS_PASSWORD`,
 * `REDIS_SENTINEL_PASSWORD`, `REDIS_DB` and `REDIS_POOL_SIZE`. The config/database.php of Laravel 12.x and 13.x does
 * not support Sentinel. It reads the first five variables, and uses its own default, such as 127.0.0.1, for each that
 * is missing. The other variables are for the application's own code.
 */
export interface LaravelEnvironment {
  readonly REDIS_CLIENT: "phpredis";
  /**
   * The same as `REDIS_MASTER_HOST`, unless that is a node that may lose its role. Then this is a name that cannot be
   * resolved, so that the application fails at its first command and not at the first failover.
   */
  readonly REDIS_HOST: string;
  readonly REDIS_PORT: string;
  /** The Redis user of the password. */
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

/**
 * Everything that an application needs to connect to the set. It is a secret as a whole, because it contains the
 * password.
 */
export type ClientEnvironment = CommonEnvironment & LaravelEnvironment;

/** Where the application runs: in the set's network, or on the machine that publishes the set's ports. */
export type ClientPlace = "network" | "host";

/**
 * The environment variables for an application that uses the set.
 *
 * Sentinels always answer with addresses inside the set's network. A client on a host that cannot reach these addresses
 * (Docker Desktop) must also translate addresses, for example with the option `natMap` of ioredis.
 */
export function clientEnvironment(
  topology: Topology,
  password: string,
  place: ClientPlace = "network",
): ClientEnvironment {
  return { ...commonEnvironment(topology, password, place), ...laravelEnvironment(topology, place) };
}

/**
 * Only the variables that a Laravel application reads: its own, and the four that it shares with other applications.
 */
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

/** The address to which a client connects. Unlike an endpoint of the plan, the host may be a name. */
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
 * The address of a listener of the gateways. On Kubernetes a Service is in front of all gateways, so that clients reach
 * another gateway when one is lost. Clients use the Service's name, which every pod of the cluster can resolve. The
 * cluster chooses the Service's IP address: a planned one would mean recreating the Service of a running set while
 * clients use it.
 */
function gatewayAddress(
  { host }: Topology,
  gateway: GatewayPlan,
  listener: Listener,
  place: ClientPlace,
): ClientAddress {
  if (host.target === "kubernetes") {
    const groups = host.rows.filter(({ members }) => members.includes(gateway.name));
    const service = groups.flatMap(({ services }) => services).find(({ target }) => target === listener.endpoint.port);
    if (service !== undefined) {
      return { host: `${service.name}.${host.namespace}.svc`, port: service.port };
    }
  }
  return endpointFor(listener, place);
}

/**
 * The address to which Laravel connects. In a set without gateways this could only be one node, and after a failover
 * Laravel would write to a replica. Therefore it is then an address that does not exist, unless the set has only one
 * node.
 */
function laravelAddress(topology: Topology, place: ClientPlace): ClientAddress {
  const address = masterAddress(topology, place);
  const staysMaster = topology.gateways.length > 0 || topology.dataNodes.length === 1;
  return staysMaster ? address : { host: nowhere, port: address.port };
}

/**
 * Names under `.invalid` never exist (RFC 6761). A client's error message contains the name, and so tells what to do.
 */
const nowhere = "set-gateway.enabled-to-true.invalid";

/** A database for the cache that is not the application's own. Redis has 16 databases. */
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
