import { describe, expect, test } from "vitest";
import { clientEnvironment, laravelVariables } from "../../../topology/clientEnvironment.ts";
import { plan } from "../../../topology/plan.ts";
import { validateSettings } from "../../../topology/settings.ts";
import { password, plannedSet } from "../checks/plannedSet.ts";

describe("the client environment", () => {
  test("has exactly the documented names, with addresses inside the set's network", () => {
    expect(clientEnvironment(plannedSet(), password)).toEqual({
      REDIS_MASTER_HOST: "10.41.0.10",
      REDIS_MASTER_PORT: "6379",
      REDIS_SENTINEL_HOSTS: "10.41.0.20:26379,10.41.0.21:26379,10.41.0.22:26379",
      REDIS_SENTINEL_ADDRS: "10.41.0.20:26379,10.41.0.21:26379,10.41.0.22:26379",
      REDIS_MASTER_NAME: "mymaster",
      REDIS_PASSWORD: password,
      REDIS_DB: "2",
      REDIS_POOL_SIZE: "10",
      REDIS_MIN_IDLE_CONNS: "5",
      REDIS_CLIENT: "phpredis",
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

  test("of a set with gateways leads to the first one, and through it to the replicas", () => {
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

  test("for a program on the host has the published addresses", () => {
    expect(clientEnvironment(plannedSet(), password, "host")).toMatchObject({
      REDIS_MASTER_HOST: "127.0.0.1",
      REDIS_SENTINEL_HOSTS: "127.0.0.1:26379,127.0.0.1:26380,127.0.0.1:26381",
      REDIS_SENTINEL_ADDRS: "127.0.0.1:26379,127.0.0.1:26380,127.0.0.1:26381",
      REDIS_SENTINEL_HOST_3: "127.0.0.1",
      REDIS_SENTINEL_PORT_3: "26381",
    });
  });

  test("for Laravel leaves out what only other applications read", () => {
    expect(Object.keys(laravelVariables(plannedSet(), password))).toEqual([
      "REDIS_CLIENT",
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
      "REDIS_DB",
      "REDIS_POOL_SIZE",
    ]);
  });
});
