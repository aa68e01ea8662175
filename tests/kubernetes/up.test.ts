import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { clientEnvironment } from "../../topology/clientEnvironment.ts";
import { findSecret } from "../support/docker/secretSearch.ts";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { defaultSet } from "../support/kubernetes/sets.ts";
import { checkNames, checksOfWholeSet, nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

describe.skipIf(noCluster)(`a new default set on Kubernetes${noCluster}`, () => {
  const set = defaultSet("ha-test-kube-up");
  let deployment: KubernetesDeployment;
  let created: number;

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(set);
  });
  afterAll(() => deployment.dispose());

  test("is up only after every check has passed through forwarded ports", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(checkNames(output, "✓")).toEqual(checksOfWholeSet);
    expect(output).toContain("checks, through forwarded ports");
    expect(output).not.toMatch(stackTrace);
    created = Number(/\d+/.exec(resources(output)[0] ?? ""));
  });

  test("has a ready pod for each node, and equal nodes run on different machines", async () => {
    const columns = "{.metadata.labels.redis-ha/node} {.status.containerStatuses[0].ready} {.spec.nodeName}";
    // The checks have seen a gateway route to the master. Kubernetes learns of that with its next probe.
    const pods = await vi.waitUntil(async () => {
      const all = await rows("pods", columns);
      return all.some((pod) => pod.includes(" false ")) ? undefined : all;
    }, 15_000);
    expect(pods.map((pod) => pod.split(" ").slice(0, 2).join(" "))).toEqual([
      "commander true",
      "exporter true",
      "gateway-0 true",
      "gateway-1 true",
      "login-proxy true",
      "redis-0 true",
      "redis-1 true",
      "redis-2 true",
      "sentinel-0 true",
      "sentinel-1 true",
      "sentinel-2 true",
    ]);
    const machinesOf = (group: string) => pods.filter((pod) => pod.startsWith(group)).map((pod) => pod.split(" ")[2]);
    expect(new Set(machinesOf("redis")).size).toBe(3);
    expect(new Set(machinesOf("sentinel")).size).toBe(3);
  });

  test("has Services with the planned addresses, and with names for applications", async () => {
    const services = await rows("services", "{.metadata.name} {.spec.clusterIP}");
    expect(services.map((service) => service.replace(/ 10\.101\.(?!0\.1[3-5]\d$)[\d.]+$/, " any"))).toEqual([
      "commander 10.101.0.131",
      "exporter 10.101.0.130",
      "gateway None",
      "gateway-0 10.101.0.132",
      "gateway-1 10.101.0.133",
      "login-proxy 10.101.0.137",
      "redis None",
      "redis-0 10.101.0.138",
      "redis-1 10.101.0.139",
      "redis-2 10.101.0.140",
      "redis-master any",
      "redis-replicas any",
      "redis-sentinel-lb any",
      "sentinel None",
      "sentinel-0 10.101.0.158",
      "sentinel-1 10.101.0.157",
      "sentinel-2 10.101.0.156",
    ]);
  });

  test("lets clients without Sentinel support write through redis-master and read through redis-replicas", async () => {
    const { password } = await deployment.deployedSet();
    const address = (name: string) => deployment.ask("get", "service", name, "--output=jsonpath={.spec.clusterIP}");
    const value = crypto.randomUUID();
    await withClient(new Redis({ host: await address("redis-master"), port: 6379, password }), async (client) => {
      await client.set("written through the gateway", value);
      expect(await client.wait(2, 2000)).toBe(2);
    });
    await withClient(new Redis({ host: await address("redis-replicas"), port: 6379, password }), async (client) => {
      expect(await client.get("written through the gateway")).toBe(value);
      expect(await client.call("ROLE")).toEqual(expect.arrayContaining(["slave"]));
    });
  });

  test("gives applications names for writes and reads that a pod resolves and that reach a Redis server", async () => {
    const { topology, password } = await deployment.deployedSet();
    const variables = clientEnvironment(topology, password);
    const ping = (host = "", port = "") =>
      deployment.ask("exec", "redis-0-0", "--", "redis-cli", "-h", host, "-p", port, "PING");
    // Sent without the password, which must not be on a command line.
    const refused = "NOAUTH Authentication required.";
    expect(variables.REDIS_MASTER_HOST).toMatch(/^redis-master\.[\w-]+\.svc$/);
    expect(await ping(variables.REDIS_MASTER_HOST, variables.REDIS_MASTER_PORT)).toContain(refused);
    expect(await ping(variables.REDIS_REPLICAS_HOST, variables.REDIS_REPLICAS_PORT)).toContain(refused);
    expect(await ping(variables.REDIS_HOST, variables.REDIS_PORT)).toContain(refused);
  });

  test("allows one pod of each node group at a time to be evicted when machines are drained", async () => {
    const budgets = await rows("poddisruptionbudgets", "{.metadata.name} {.status.disruptionsAllowed}");
    expect(budgets).toEqual(["gateway 1", "redis 1", "sentinel 1"]);
  });

  describe("at a second deployment", () => {
    test("is not changed by `up`", async () => {
      const { exitCode, output } = await deployment.up();
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([`${created} unchanged`]);
    });

    test("has no drift in `refresh`", async () => {
      const { exitCode, output } = await deployment.findDrift();
      expect(exitCode, output).toBe(0);
      expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
    });
  });

  test("exposes its passwords only in Secrets", async () => {
    const { password, gateway, metrics, commander } = await deployment.deployedSet();
    const kinds = "pods,services,configmaps,statefulsets,deployments,replicasets,events,persistentvolumeclaims";
    const pods = (await deployment.ask("get", "pods", "--output=name")).trim().split("\n");
    expect(pods).toHaveLength(11);
    const ofPods: Record<string, string>[] = await Promise.all(
      pods.map(async (pod) => ({
        [`logs of ${pod}`]: await deployment.ask("logs", pod, "--tail=-1"),
        // A process may end before its files are read.
        [`arguments and environment in ${pod}`]: await deployment.ask(
          ...["exec", pod, "--", "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2> /dev/null || true"],
        ),
      })),
    );
    const places: Record<string, string> = {
      objects: await deployment.ask("get", kinds, "--output=yaml"),
      ...Object.assign({}, ...ofPods),
      "the engine's output": deployment.transcript,
      "the outputs without --show-secrets": await deployment.outputsForAll(),
      ...(await deployment.files()),
    };
    const secrets = await deployment.ask("get", "secrets", "--output=yaml");
    expect(Object.values(places)).not.toContain("");
    expect(findSecret(password, { secrets })).toEqual(["secrets"]);
    expect(findSecret(password, places)).toEqual([]);
    // HAProxy needs only a hash of the passwords that people and Prometheus log in with.
    for (const login of [gateway, metrics, commander]) {
      expect(findSecret(login?.password ?? "", { ...places, secrets })).toEqual([]);
    }
  });

  test("is not removed by `npm run down` if the cluster does not answer, and the reason is printed", async () => {
    const KUBECONFIG = "/nowhere/kubeconfig";
    const { exitCode, output } = await deployment.operate("down", ["--yes"], { KUBECONFIG });
    expect([exitCode, output]).toEqual([
      1,
      `error: nothing was removed from the stack ${set.name}: the kubeconfig cannot be read: ` +
        "ENOENT: no such file or directory, open '/nowhere/kubeconfig'\n" +
        "If that cluster no longer exists, make the stack forget it: " +
        `PULUMI_K8S_DELETE_UNREACHABLE=true npm run down -- --stack ${set.name}\n`,
    ]);
    const second = await deployment.preview();
    expect(second.exitCode, second.output).toBe(0);
  });

  test("leaves nothing on the cluster after `down`", async () => {
    const { exitCode, output } = await deployment.down();
    expect(exitCode, output).toBe(0);
    expect(await deployment.ask("get", "namespace", set.name, "--ignore-not-found")).toBe("");
  });

  /** One line for each object, in alphabetical order. */
  async function rows(kind: string, columns: string): Promise<readonly string[]> {
    const text = await deployment.ask("get", kind, `--output=jsonpath={range .items[*]}${columns}{"\\n"}{end}`);
    return text.trim().split("\n").sort();
  }
});

async function withClient(client: Redis, use: (client: Redis) => Promise<void>): Promise<void> {
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}
