import { describe, expect, test, vi } from "vitest";
import { UsageError } from "../../../../operations/command.ts";
import { command, formats } from "../../../../operations/commands/env.ts";
import { readDeployedSet } from "../../../../operations/stack/deployedSet.ts";
import { clientEnvironment } from "../../../../topology/clientEnvironment.ts";
import { plan } from "../../../../topology/plan.ts";
import { validateSettings } from "../../../../topology/settings/settings.ts";
import { password, plannedSet } from "../../../support/unit/plannedSet.ts";

vi.mock("../../../../operations/stack/deployedSet.ts", () => ({ readDeployedSet: vi.fn() }));

const set = { topology: plannedSet(), password, gateway: undefined, commander: undefined, metrics: undefined };

describe("npm run env", () => {
  test("prints one variable on each line in the format dotenv", () => {
    expect(formats["dotenv"]?.(set, "network").split("\n")).toEqual(
      Object.entries(clientEnvironment(set.topology, password)).map(([name, value]) => `${name}=${value}`),
    );
  });

  test("prints the variables that a Laravel application reads, with published addresses if it runs on the host", () => {
    expect(formats["laravel"]?.(set, "host")).toBe(
      `
REDIS_CLIENT=phpredis
REDIS_HOST=set-gateway.enabled-to-true.invalid
REDIS_PORT=6379
REDIS_USERNAME=default
REDIS_CACHE_DB=3
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
REDIS_SENTINEL_PASSWORD=${password}
REDIS_DB=2
REDIS_POOL_SIZE=10
`.trim(),
    );
  });

  test("prints the environment as one object in the format json", () => {
    expect(JSON.parse(formats["json"]?.(set, "network") ?? "")).toEqual(clientEnvironment(set.topology, password));
  });

  test("refuses --from host for a set on Kubernetes, which publishes no ports on a machine", async () => {
    const { topology } = plan(validateSettings({ target: "kubernetes" }));
    vi.mocked(readDeployedSet).mockResolvedValue({ ...set, topology });
    await expect(command.run({ stack: "prod", format: "dotenv", from: "host" }, [])).rejects.toThrow(
      new UsageError(
        "prod runs on Kubernetes, which publishes no ports on a machine; use kubectl port-forward to reach a node",
      ),
    );
  });

  test.each([
    [{ stack: "dev", format: "yaml", from: "network" }, "--format takes dotenv, laravel or json, not yaml"],
    [{ stack: "dev", format: "json", from: "toString" }, "--from takes network or host, not toString"],
  ])("refuses the options %o", async (values, message) => {
    await expect(command.run(values, [])).rejects.toThrow(new UsageError(message));
  });
});
