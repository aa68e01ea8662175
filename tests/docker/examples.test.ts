import { join } from "node:path";
import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import type { ClientEnvironment } from "../../components/index.ts";
import { describeWithDocker } from "../support/docker/daemon.ts";
import { Deployment, projectRoot } from "../support/docker/deployment.ts";

describeWithDocker("the program in examples/minimal", () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.create(
      "ha-test-minimal",
      { name: "cache" },
      { program: join(projectRoot, "examples/minimal") },
    );
    return () => deployment.dispose();
  });

  test("deploys a set that its output leads an application to", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    const { environment } = (await deployment.outputs()) as { environment: ClientEnvironment };
    const application = new Redis({
      sentinels: environment.REDIS_SENTINEL_HOSTS.split(",").map((address) => {
        const [host = "", port] = address.split(":");
        return { host, port: Number(port) };
      }),
      name: environment.REDIS_MASTER_NAME,
      password: environment.REDIS_PASSWORD,
      sentinelPassword: environment.REDIS_SENTINEL_PASSWORD,
    });
    try {
      await application.set("written", "value");
      expect(await application.wait(2, 2000)).toBe(2);
    } finally {
      application.disconnect();
    }
  });
});
