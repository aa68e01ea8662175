import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { imageFor } from "../../images/catalog.ts";
import { until } from "../../toolchain/base/until.ts";
import { noCluster } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { type SetName, smallSet } from "../support/kubernetes/sets.ts";
import type { CommandResult, Configuration } from "../support/stacks/deployedStack.ts";
import { nothingChanged, resources, stackTrace } from "../support/stacks/engineOutput.ts";

const set = smallSet("ha-test-kube-trouble");

describe.skipIf(noCluster)(`an update that the cluster cannot accept${noCluster}`, () => {
  let deployment: KubernetesDeployment;

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(set);
  });
  afterAll(() => deployment.dispose());

  test("fails if the kubeconfig does not exist", async () => {
    expect(await failingUpdate(set, { KUBECONFIG: "/nowhere/kubeconfig" })).toContain(
      "the kubeconfig cannot be read: ENOENT: no such file or directory, open '/nowhere/kubeconfig'",
    );
  });

  test("fails with the address of a cluster that does not answer", async () => {
    const kubeconfig = await deployment.ask("config", "view", "--raw");
    const nowhere = await temporaryFile(kubeconfig.replace(":6443", ":6444"));
    expect(await failingUpdate(set, { KUBECONFIG: nowhere })).toMatch(
      /the cluster at https:\/\/[\d.]+:6444 does not answer: connect ECONNREFUSED/,
    );
  });

  test("fails if the kubeconfig does not have the context, and lists the contexts that it has", async () => {
    const output = await failingUpdate({ ...set, kubernetes: { ...set.kubernetes, context: "elsewhere" } });
    expect(output).toMatch(/the kubeconfig has no context elsewhere; it has \S+/);
  });

  test("fails with all that the cluster lacks: addresses, a storage class and a Prometheus operator", async () => {
    const wishes = { serviceSubnet: "10.55.0.0/27", storageClass: "golden", monitors: { enabled: true } };
    const kubernetes = { ...set.kubernetes, ...wishes };
    const output = await failingUpdate({ ...set, exporter: { enabled: true }, kubernetes });
    expect(output).toContain("the cluster cannot run the set:");
    expect(output).toContain("kubernetes.storageClass: got golden, expected one of local-path");
    expect(output).toContain(
      "kubernetes.serviceSubnet: got 10.55.0.0/27, expected a part of 10.101.0.0/16, the cluster's range of Service addresses",
    );
    expect(output).toContain(
      "kubernetes.monitors.enabled: got true, but the cluster does not have the kind PodMonitor of monitoring.coreos.com/v1, " +
        "expected a cluster with a Prometheus operator, which defines this kind",
    );
  });

  test("fails if no storage class is named and the cluster has no default", async () => {
    const isDefault = "storageclass.kubernetes.io/is-default-class";
    await deployment.ask("annotate", "storageclass", "local-path", "--overwrite", `${isDefault}=false`);
    onTestFinished(async () => {
      await deployment.ask("annotate", "storageclass", "local-path", "--overwrite", `${isDefault}=true`);
    });
    expect(await failingUpdate(set)).toContain(
      "kubernetes.storageClass: got none, but the cluster has no default class, expected one of local-path",
    );
  });

  test("fails if another Service has an address of the set, and names that Service", async () => {
    const inNamespace = "--namespace=default";
    const address = "--clusterip=10.101.0.202";
    await deployment.ask("create", "service", "clusterip", "squatter", "--tcp=80", address, inNamespace);
    onTestFinished(async () => {
      await deployment.ask("delete", "service/squatter", inNamespace);
    });
    expect(await failingUpdate(set)).toContain(
      "kubernetes.serviceSubnet: got 10.101.0.202 for redis-0, an address that the Service default/squatter already has",
    );
  });

  test("fails if the namespace exists and belongs to another owner, and `down` does not remove it", async () => {
    await deployment.ask("create", "namespace", set.name);
    onTestFinished(async () => {
      await deployment.ask("delete", "namespace", set.name);
    });
    expect(await failingUpdate(set)).toContain(
      `kubernetes.namespace: got ${set.name}, which exists but does not belong to this stack, expected a namespace that does not exist yet`,
    );
    expect((await deployment.down()).exitCode).toBe(0);
    expect(await deployment.ask("get", "namespace", set.name, "--output=jsonpath={.status.phase}")).toBe("Active");
  });

  test("fails if the namespace is not managed by the stack and does not exist", async () => {
    const kubernetes = { ...set.kubernetes, createNamespace: false };
    expect(await failingUpdate({ ...set, kubernetes })).toContain(
      `kubernetes.namespace: got ${set.name}, which the cluster does not have, expected an existing namespace`,
    );
  });

  test("fails if a namespace not managed by the stack has objects with the names of the set's parts", async () => {
    const kubernetes = { ...set.kubernetes, namespace: "default", createNamespace: false };
    await deployment.ask("create", "deployment", "redis-0", "--image=none", "--replicas=0", "--namespace=default");
    await deployment.ask("create", "service", "clusterip", "sentinel-0", "--tcp=80", "--namespace=default");
    onTestFinished(async () => {
      await deployment.ask("delete", "deployment/redis-0", "service/sentinel-0", "--namespace=default");
    });
    expect(await failingUpdate({ ...set, kubernetes })).toContain(
      "kubernetes.namespace: got default, which has objects that do not belong to this stack: " +
        "Service sentinel-0, Deployment redis-0, expected a namespace in which the names of the set's parts are free",
    );
  });

  test("fails if rights are missing, and lists them by verb and resource", async () => {
    const kubernetes = { ...set.kubernetes, namespace: "default", createNamespace: false };
    const output = await failingUpdate({ ...set, kubernetes }, { KUBECONFIG: await kubeconfigOfViewer("default") });
    expect(output).toContain(
      "rights: got no right to create, patch, delete statefulsets.apps in the namespace default",
    );
    expect(output).toContain("rights: got no right to get, create, patch, delete secrets in the namespace default");
    expect(output).not.toContain("pods in the namespace");
  });

  test("creates nothing", async () => {
    const kinds = "statefulsets,deployments,services,configmaps,secrets,persistentvolumeclaims";
    const made = await deployment.ask(
      "get",
      kinds,
      "--all-namespaces",
      "--selector",
      `app.kubernetes.io/instance=${set.name}`,
    );
    expect(made).toBe("");
  });

  async function failingUpdate(configuration: Configuration, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    await deployment.configure(configuration);
    return outputOfFailure(await deployment.upWith(environment));
  }

  /** The kubeconfig of a user who may read everything in a namespace except Secrets, and may change nothing. */
  async function kubeconfigOfViewer(namespace: string): Promise<string> {
    const inNamespace = `--namespace=${namespace}`;
    await deployment.ask("create", "serviceaccount", "viewer", inNamespace);
    await deployment.ask(
      "create",
      "rolebinding",
      "viewer",
      "--clusterrole=view",
      `--serviceaccount=${namespace}:viewer`,
      inNamespace,
    );
    onTestFinished(async () => {
      await deployment.ask("delete", "serviceaccount/viewer", "rolebinding/viewer", inNamespace);
    });
    const token = await deployment.ask("create", "token", "viewer", inNamespace);
    const kubeconfig = await deployment.ask("config", "view", "--raw");
    return temporaryFile(
      kubeconfig
        .replace(/^ +client-certificate-data:.*\n/m, "")
        .replace(/client-key-data:.*/, `token: ${token.trim()}`),
    );
  }
});

describe.skipIf(noCluster)(`an update on Kubernetes${noCluster}`, () => {
  /**
   * Outputs of updates that fail during the deployment. Each takes a minute or more, so they run beside other tests.
   */
  let failedDuringDeployment: Promise<Readonly<Record<"image" | "room" | "quota", string>>>;
  let deployment: KubernetesDeployment;
  const failing: KubernetesDeployment[] = [];
  const withDisk = (disk: string) => ({ ...set, size: { preset: "dev", replica: { disk } } });

  beforeAll(async () => {
    failedDuringDeployment = failDuringDeployment();
    // The tests that await this promise report its rejection.
    failedDuringDeployment.catch(() => undefined);
    deployment = await KubernetesDeployment.create(set);
    await succeed(set);
  });
  afterAll(async () => {
    await Promise.all([deployment, ...failing].map((each) => each.dispose()));
  });

  describe("of a running set", () => {
    test("is refused if its state did not create the set, and a `down` with that state removes nothing", async () => {
      const before = await pods();
      const clone = await KubernetesDeployment.create(set, { clone: "second" });
      onTestFinished(() => clone.dispose());
      const output = outputOfFailure(await clone.up());
      expect(output).toContain(
        `kubernetes.namespace: got ${set.name}, which another state of the stack organization/redis-ha/${set.name} created, ` +
          "expected a namespace that this state created, or none",
      );
      const down = await clone.operate("down", ["--yes"], {});
      expect(down.exitCode, down.output).toBe(0);
      expect(await pods()).toEqual(before);
    });

    test("is refused with the current size if it would shrink a volume, and restarts nothing", async () => {
      const before = await pods();
      expect(await fail({ ...withDisk("512MB"), redis: { timeout: "1h" } })).toContain(
        "size: got a disk of 512Mi for redis-1, whose volume data-redis-1-0 has 1Gi, " +
          "expected at least 1Gi, because a volume cannot shrink",
      );
      expect(await pods()).toEqual(before);
    });

    test("reports Kubernetes' message if the storage class cannot expand a volume, and restarts nothing", async () => {
      const before = await pods();
      expect(await fail(withDisk("2GB"))).toContain("the storageclass that provisions the pvc must support resize");
      expect(await pods()).toEqual(before);
    });

    test("expands a volume if its storage class allows that, and restarts nothing", async () => {
      const before = await pods();
      const mayGrow = (answer: boolean) =>
        deployment.ask(
          "patch",
          "storageclass",
          "local-path",
          "--patch",
          JSON.stringify({ allowVolumeExpansion: answer }),
        );
      await mayGrow(true);
      onTestFinished(async () => {
        await mayGrow(false);
      });
      await succeed(withDisk("2GB"));
      const requested = "--output=jsonpath={.spec.resources.requests.storage}";
      expect(await deployment.ask("get", "persistentvolumeclaim", "data-redis-1-0", requested)).toBe("2Gi");
      expect(await pods()).toEqual(before);
      expect(resources((await deployment.up()).output).join()).toMatch(nothingChanged);
    });

    test("creates monitors as soon as the cluster knows their kind", async () => {
      const monitors = { enabled: true, labels: { release: "prometheus" } };
      const kubernetes = { ...set.kubernetes, monitors };
      const definition = `customresourcedefinition/${podMonitors.metadata.name}`;
      await deployment.ask("apply", "--filename", await temporaryFile(JSON.stringify(podMonitors)));
      onTestFinished(async () => {
        await deployment.ask("delete", definition);
      });
      await deployment.ask("wait", "--for=condition=Established", definition);
      await succeed({ ...withDisk("2GB"), exporter: { enabled: true }, kubernetes });
      const monitor = JSON.parse(await deployment.ask("get", "podmonitor", "exporter", "--output=json"));
      expect(monitor.metadata.labels).toMatchObject({ release: "prometheus" });
      expect(monitor.spec.podMetricsEndpoints).toHaveLength(3);
      const { username, password } = monitor.spec.podMetricsEndpoints[0].basicAuth;
      const login = JSON.parse(await deployment.ask("get", "secret", username.name, "--output=json"));
      expect(atob(login.data[username.key])).toBe("prometheus");
      expect(atob(login.data[password.key])).toMatch(/^[\w-]{32}$/);
    });
  });

  test("leaves nothing after `down` if it was killed while its first pods were created", async () => {
    const killed = await KubernetesDeployment.create(smallSet("ha-test-kube-killed"));
    onTestFinished(() => killed.dispose());
    const names = "--output=jsonpath={.items[*].metadata.name}";
    const podsExist = until(async () => (await killed.ask("get", "pods", names)).includes("redis-0-0"), {
      timeout: 60_000,
      interval: 100,
      failure: () => new Error("no pod redis-0-0 after a minute"),
    });
    expect(await killed.killedAt(killed.up(), podsExist)).toBe(true);
    await killed.cancel();
    const { exitCode, output } = await killed.operate("down", ["--yes"], {});
    expect(exitCode, output).toBe(0);
    expect(await killed.ask("get", "namespace", killed.namespace, "--ignore-not-found")).toBe("");
  });

  describe("that fails during the deployment", () => {
    test("reports an image that cannot be pulled", async () => {
      const { image } = await failedDuringDeployment;
      const { reference } = imageFor("redis", "upstream");
      // Kubernetes may give up any of these pods first.
      expect(image).toMatch(
        /(redis|sentinel)-\d is not ready \d+ s after its change: (ImagePullBackOff|ErrImagePull): /,
      );
      expect(image).toContain(reference);
    });

    test("reports a pod that fits on no machine, with the message of the scheduler", async () => {
      const { room } = await failedDuringDeployment;
      expect(room).toMatch(
        /redis-1 is not ready \d+ s after its change: Unschedulable: 0\/3 nodes are available: .*3 Insufficient cpu/,
      );
    });

    test("reports an exceeded quota, with the requested, used and allowed amounts", async () => {
      const { quota } = await failedDuringDeployment;
      expect(quota).toMatch(
        /redis-[01] is not ready \d+ s after its change: FailedCreate: .*exceeded quota: small, requested: limits.memory=256Mi, used: limits.memory=(0|64Mi), limited: limits.memory=100Mi/,
      );
    });
  });

  async function failDuringDeployment() {
    const [image, room, quota] = await Promise.all([
      failure("ha-test-kube-image", { images: "upstream" }),
      failure("ha-test-kube-room", { size: { preset: "dev", replica: { cpus: 64 } } }, { cpuReservation: 1 }),
      failure("ha-test-kube-quota", {}, { createNamespace: false }, async (limited) => {
        await limited.ask("create", "namespace", limited.namespace);
        // Enough for a Sentinel, but not for a data node.
        await limited.ask("create", "quota", "small", "--hard=limits.memory=100Mi");
      }),
    ]);
    return { image, room, quota };
  }

  async function failure(
    name: SetName,
    configuration: Configuration,
    kubernetes: Configuration = {},
    prepare: (made: KubernetesDeployment) => Promise<void> = async () => undefined,
  ): Promise<string> {
    const small = smallSet(name);
    const made = await KubernetesDeployment.create({
      ...small,
      ...configuration,
      kubernetes: { ...small.kubernetes, ...kubernetes },
    });
    failing.push(made);
    await prepare(made);
    return outputOfFailure(await made.up());
  }

  async function fail(configuration: Configuration): Promise<string> {
    await deployment.configure(configuration);
    return outputOfFailure(await deployment.up());
  }

  async function succeed(configuration: Configuration): Promise<void> {
    await deployment.configure(configuration);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/verified in [\d.]+ m?s/);
  }

  function pods(): Promise<string> {
    return deployment.ask("get", "pods", "--output=jsonpath={.items[*].metadata.uid}");
  }
});

/** A minimal definition of PodMonitor, a kind that a Prometheus operator installs. */
const podMonitors = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podmonitors.monitoring.coreos.com" },
  spec: {
    group: "monitoring.coreos.com",
    scope: "Namespaced",
    names: { kind: "PodMonitor", plural: "podmonitors", singular: "podmonitor" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

function outputOfFailure({ exitCode, output }: CommandResult): string {
  expect(exitCode, output).not.toBe(0);
  expect(output).not.toMatch(stackTrace);
  return output;
}

/** Writes a file that is removed after the test, and returns its path. */
async function temporaryFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "redis-ha-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "kubeconfig");
  await writeFile(file, content, { mode: 0o600 });
  return file;
}
