import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../support/docker/deployment.ts";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { onTestCluster } from "../support/kubernetes/sets.ts";

describe.skipIf(noCluster)(`the program in examples/kubernetes${noCluster}`, () => {
  let deployment: KubernetesDeployment;

  beforeAll(async () => {
    const { kubernetes, ...settings } = onTestCluster("sessions");
    deployment = await KubernetesDeployment.create(
      {
        name: "sessions",
        "redis-ha-kubernetes:settings": { ...settings, kubernetes: { ...kubernetes, spread: { nodes: "required" } } },
      },
      { program: join(projectRoot, "examples/kubernetes") },
    );
  });
  afterAll(() => deployment.dispose());

  test("deploys a set with the settings of the stack, and says where the master and the replicas are", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(await deployment.outputs()).toMatchObject({
      environment: {
        REDIS_MASTER_HOST: "redis-master.sessions.svc",
        REDIS_REPLICAS_HOST: "redis-replicas.sessions.svc",
        REDIS_SENTINEL_HOSTS: "10.101.1.62:26379,10.101.1.61:26379,10.101.1.60:26379",
      },
    });
    const pods = await deployment.ask(
      "get",
      "pods",
      "--output=jsonpath={range .items[*]}{.metadata.labels.redis-ha/node} {end}",
    );
    expect(pods.trim().split(" ").sort()).toEqual([
      "commander",
      "exporter",
      "gateway-0",
      "gateway-1",
      "login-proxy",
      "redis-0",
      "redis-1",
      "redis-2",
      "sentinel-0",
      "sentinel-1",
      "sentinel-2",
    ]);
  });
});
