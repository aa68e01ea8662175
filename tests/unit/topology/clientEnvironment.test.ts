import { describe, expect, test } from "vitest";
import { clientEnvironment, laravelVariables } from "../../../topology/clientEnvironment.ts";
import { plan } from "../../../topology/plan.ts";
import { validateSettings } from "../../../topology/settings/settings.ts";
import { password, plannedSet } from "../../support/unit/plannedSet.ts";

describe("the client environment", () => {
  test("has exactly the documented variables, with addresses inside the set's network", () => {
    expect(clientEnvironment(plannedSet(), password)).toEqual({
      REDIS_MASTER_HOST: "10.41.0.10",
      REDIS_MASTER_PORT: "6379",
      REDIS_SENTINEL_HOSTS: "10.41.0.20:26379,10.41.0.21:26379,10.41.0.22:26379",
      REDIS_SENTINEL_ADDRS: "10.41.0.20:26379,10.41.0.21:26379,10.41.0.22:26379",
      REDIS_MASTER_NAME: "mymaster",
      REDIS_PASSWORD: password,
      REDIS_SENTINEL_PASSWORD: password,
      REDIS_DB: "2",
      REDIS_POOL_SIZE: "10",
      REDIS_MIN_IDLE_CONNS: "5",
      REDIS_CLIENT: "phpredis",
      REDIS_HOST: "set-gateway.enabled-to-true.invalid",
      REDIS_PORT: "6379",
      REDIS_USERNAME: "default",
      REDIS_CACHE_DB: "3",
      REDIS_SENTINEL_ENABLED: "true",
      REDIS_SENTINEL_MASTER: "mymaster",
      REDIS_SENTINEL_HOST_1: "10.41.0.20",
      REDIS_SENTINEL_PORT_1: "26379",
      REDIS_SENTINEL_HOST_2: "10.41.0.21",
      REDIS_SENTINEL_PORT_2: "26379",
      REDIS_SENTINEL_HOST_3: "10.41.0.22",
      REDIS_SENTINEL_PORT_3: "26379",
      REDIS_MAX_CONNECTIONS: "50",
      REDIS_MIN_CONNECTIONS: "5",
    });
  });

  test("of a set with gateways points to the first gateway for the master and for replicas", () => {
    const { gateways } = plan(validateSettings({ gateway: { count: 2 } })).topology;
    const variables = (place: "network" | "host") => clientEnvironment({ ...plannedSet(), gateways }, password, place);
    expect(variables("network")).toMatchObject({
      REDIS_MASTER_HOST: "10.63.79.4",
      REDIS_MASTER_PORT: "6379",
      REDIS_REPLICAS_HOST: "10.63.79.4",
      REDIS_REPLICAS_PORT: "6380",
    });
    expect(variables("host")).toMatchObject({
      REDIS_MASTER_HOST: "127.0.0.1",
      REDIS_MASTER_PORT: "6479",
      REDIS_REPLICAS_HOST: "127.0.0.1",
      REDIS_REPLICAS_PORT: "6579",
    });
  });

  test.each([1, 2])(
    "on Kubernetes points to the Services in front of the gateways, in a set with %i of them",
    (count) => {
      const { topology } = plan(
        validateSettings({ target: "kubernetes", kubernetes: { namespace: "cache" }, gateway: { count } }),
      );
      expect(clientEnvironment(topology, password)).toMatchObject({
        REDIS_MASTER_HOST: "redis-master.cache.svc",
        REDIS_MASTER_PORT: "6379",
        REDIS_REPLICAS_HOST: "redis-replicas.cache.svc",
        REDIS_REPLICAS_PORT: "6379",
      });
    },
  );

  test("on Kubernetes without gateways points to the first master and has no host for replicas", () => {
    const { topology } = plan(validateSettings({ target: "kubernetes", gateway: { enabled: false } }));
    const variables = clientEnvironment(topology, password);
    expect(variables.REDIS_MASTER_HOST).toBe("10.96.0.138");
    expect(variables).not.toHaveProperty("REDIS_REPLICAS_HOST");
  });

  test("for a program on the host has the published addresses and ports", () => {
    expect(clientEnvironment(plannedSet(), password, "host")).toMatchObject({
      REDIS_MASTER_HOST: "127.0.0.1",
      REDIS_SENTINEL_HOSTS: "127.0.0.1:26379,127.0.0.1:26380,127.0.0.1:26381",
      REDIS_SENTINEL_ADDRS: "127.0.0.1:26379,127.0.0.1:26380,127.0.0.1:26381",
      REDIS_SENTINEL_HOST_3: "127.0.0.1",
      REDIS_SENTINEL_PORT_3: "26381",
    });
  });

  test("for Laravel contains only the variables that Laravel reads", () => {
    expect(Object.keys(laravelVariables(plannedSet(), password))).toEqual([
      "REDIS_CLIENT",
      "REDIS_HOST",
      "REDIS_PORT",
      "REDIS_USERNAME",
      "REDIS_CACHE_DB",
      "REDIS_SENTINEL_ENABLED",
      "REDIS_SENTINEL_MASTER",
      "REDIS_SENTINEL_HOST_1",
      "REDIS_SENTINEL_PORT_1",
      "REDIS_SENTINEL_HOST_2",
      "REDIS_SENTINEL_PORT_2",
      "REDIS_SENTINEL_HOST_3",
      "REDIS_SENTINEL_PORT_3",
      "REDIS_MAX_CONNECTIONS",
      "REDIS_MIN_CONNECTIONS",
      "REDIS_PASSWORD",
      "REDIS_SENTINEL_PASSWORD",
      "REDIS_DB",
      "REDIS_POOL_SIZE",
    ]);
  });
});

describe("a stock Laravel application", () => {
  test.each([
    ["on the set's own network", "docker", "network", "10.63.79.4", "6379"],
    ["on the machine that publishes the ports", "docker", "host", "127.0.0.1", "6479"],
    ["in a pod of the cluster", "kubernetes", "network", "redis-master.redis-ha.svc", "6379"],
  ] as const)(
    "%s connects to a gateway and uses a separate database for its cache",
    (_where, target, place, host, port) => {
      const { topology } = plan(validateSettings({ target, client: { db: 1 } }));
      for (const variables of [
        laravelVariables(topology, password, place),
        clientEnvironment(topology, password, place),
      ]) {
        const connection = { host, port, username: "default", password };
        expect(laravelConnections({ ...variables })).toEqual({
          default: { ...connection, database: "1" },
          cache: { ...connection, database: "2" },
        });
      }
    },
  );

  test("in a set without gateways gets a host name that does not exist and that names the setting to change", () => {
    const { topology } = plan(validateSettings({ gateway: { enabled: false } }));
    const { default: connection, cache } = laravelConnections(laravelVariables(topology, password));
    expect([connection.host, cache.host]).toEqual(Array(2).fill("set-gateway.enabled-to-true.invalid"));
  });

  test("in a set of one node, which has no failover, connects to that node", () => {
    const { topology } = plan(
      validateSettings({ replicas: 0, redis: { minReplicasToWrite: 0 }, gateway: { enabled: false } }),
    );
    expect(laravelConnections(laravelVariables(topology, password)).default.host).toBe("10.63.79.10");
  });

  test("never uses the database of its data as its cache", () => {
    for (let db = 0; db <= 15; db += 1) {
      const { topology } = plan(validateSettings({ client: { db } }));
      const { default: data, cache } = laravelConnections(laravelVariables(topology, password));
      expect(data.database).toBe(String(db));
      expect(cache.database).not.toBe(data.database);
      expect(Number(cache.database)).toBeGreaterThanOrEqual(0);
      expect(Number(cache.database)).toBeLessThanOrEqual(15);
    }
  });
});

/**
 * The two Redis connections as config/database.php of Laravel 12 and 13 builds them, with the variable that it reads
 * for each option and its default. Laravel would prefer REDIS_URL, which the environment does not contain.
 */
function laravelConnections(variables: Readonly<Record<string, string>>) {
  const options = (databaseVariable: string, database: string) => ({
    host: variables["REDIS_HOST"] ?? "127.0.0.1",
    port: variables["REDIS_PORT"] ?? "6379",
    username: variables["REDIS_USERNAME"],
    password: variables["REDIS_PASSWORD"],
    database: variables[databaseVariable] ?? database,
  });
  return { default: options("REDIS_DB", "0"), cache: options("REDIS_CACHE_DB", "1") };
}
