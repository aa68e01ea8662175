import { describe, expect, test } from "vitest";
import { UsageError } from "../../../operations/command.ts";
import { command, formats } from "../../../operations/env.ts";
import { clientEnvironment } from "../../../topology/clientEnvironment.ts";
import { password, plannedSet } from "../checks/plannedSet.ts";

const set = { topology: plannedSet(), password, gateway: undefined, commander: undefined, metricsUrl: undefined };

describe("npm run env", () => {
  test("as dotenv prints every variable on a line", () => {
    expect(formats["dotenv"]?.(set, "network").split("\n")).toEqual(
      Object.entries(clientEnvironment(set.topology, password)).map(([name, value]) => `${name}=${value}`),
    );
  });

  test("as laravel prints what a Laravel application reads, here from the host", () => {
    expect(formats["laravel"]?.(set, "host")).toBe(
      `
REDIS_CLIENT=phpredis
REDIS_SENTINEL_ENABLED=true
REDIS_SENTINEL_MASTER=mymaster
REDIS_SENTINEL_HOST_1=127.0.0.1
REDIS_SENTINEL_PORT_1=26379
REDIS_SENTINEL_HOST_2=127.0.0.1
REDIS_SENTINEL_PORT_2=26380
REDIS_SENTINEL_HOST_3=127.0.0.1
REDIS_SENTINEL_PORT_3=26381
REDIS_MAX_CONNECTIONS=50
REDIS_MIN_CONNECTIONS=5
REDIS_PASSWORD=${password}
REDIS_DB=2
REDIS_POOL_SIZE=10
`.trim(),
    );
  });

  test("as json prints the whole environment as one object", () => {
    expect(JSON.parse(formats["json"]?.(set, "network") ?? "")).toEqual(clientEnvironment(set.topology, password));
  });

  test.each([
    [{ stack: "dev", format: "yaml", from: "network" }, "--format is one of dotenv, laravel, json, not yaml"],
    [{ stack: "dev", format: "json", from: "toString" }, "--from is one of network, host, not toString"],
  ])("refuses %o", async (values, message) => {
    await expect(command.run(values, [])).rejects.toThrow(new UsageError(message));
  });
});
