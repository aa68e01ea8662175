import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import type { Workload } from "../../hosts/workload.ts";
import { imageFor } from "../../images/catalog.ts";
import { workload } from "../support/components/onDocker.ts";
import { onKubernetes } from "../support/components/onKubernetes.ts";
import { type Declaration, named, ofType, secret } from "../support/components/program.ts";
import { violations } from "../support/components/restrictedProfile.ts";
import { treeOf } from "../support/components/snapshot.ts";

const statefulSet = "kubernetes:apps/v1:StatefulSet";
const deployment = "kubernetes:apps/v1:Deployment";

const set = { "app.kubernetes.io/name": "redis-ha", "app.kubernetes.io/instance": "sample" };
const web = { ...set, "app.kubernetes.io/component": "web" };
const web0 = { ...web, "redis-ha/node": "web-0" };
const stack = { "redis-ha/stack": "organization/redis-ha/test", "redis-ha/owner": "0123456789abcdef" };
const annotations = {
  "pulumi.com/skipAwait": "true",
  "pulumi.com/deletionPropagationPolicy": "background",
  ...stack,
};

test("a Kubernetes host without workloads declares the namespace, its policies, and the Services and budgets of its node groups", async () => {
  expect(treeOf(await onKubernetes([]))).toEqual([
    "test:index:Part part",
    "redis-ha:hosts:KubernetesHost place",
    "  kubernetes:core/v1:Service place-all-webs after place-namespace",
    "  kubernetes:networking.k8s.io/v1:NetworkPolicy place-clients-to-web after place-namespace",
    "  pulumi:index:Stash place-cluster; beforeCreate place-cluster-answers",
    "  kubernetes:core/v1:Namespace place-namespace after place-preflight; beforeCreate place-namespace",
    "  pulumi:index:Stash place-preflight after place-cluster; beforeCreate place-first-preflight; beforeUpdate place-preflight",
    "  kubernetes:policy/v1:PodDisruptionBudget place-web-budget after place-namespace",
    "  kubernetes:core/v1:Service place-web-names after place-namespace",
    "  kubernetes:networking.k8s.io/v1:NetworkPolicy place-within after place-namespace",
  ]);
});

test("the namespace enforces the restricted Pod Security Standard and has ownership annotations", async () => {
  expect(named(await onKubernetes([]), "place-namespace").inputs).toMatchObject({
    metadata: {
      name: "samples",
      labels: { ...set, "pod-security.kubernetes.io/enforce": "restricted" },
      annotations: stack,
    },
  });
});

test("with createNamespace false, an existing namespace is used and not declared", async () => {
  const program = await onKubernetes([workload], { createNamespace: false });
  expect(ofType(program, "kubernetes:core/v1:Namespace")).toEqual([]);
  expect(named(program, "part-web-0").inputs).toMatchObject({ metadata: { namespace: "samples" } });
});

test("a set with a context has its own provider for this context", async () => {
  const program = await onKubernetes([], { context: "elsewhere" });
  expect(named(program, "place-provider").inputs).toMatchObject({ context: "elsewhere" });
  expect(ofType(await onKubernetes([]), "pulumi:providers:kubernetes")).toEqual([]);
});

describe("a workload with a volume on Kubernetes", () => {
  test("is a StatefulSet with its own Service, ConfigMap and Secret", async () => {
    expect(treeOf(await onKubernetes([workload])).slice(0, 5)).toEqual([
      "test:index:Part part",
      "  kubernetes:apps/v1:StatefulSet part-web-0 after part-web-0-address, part-web-0-files, part-web-0-secrets, " +
        "place-namespace; beforeCreate place-web-0-new; beforeCreate place-web-0-volume; beforeUpdate place-web-0-volume",
      "  kubernetes:core/v1:Service part-web-0-address after place-namespace",
      "  kubernetes:core/v1:ConfigMap part-web-0-files after place-namespace",
      "  kubernetes:core/v1:Secret part-web-0-secrets after place-namespace",
    ]);
  });

  test("has a Service with a fixed address that also leads to it while it is not ready", async () => {
    expect(named(await onKubernetes([workload]), "part-web-0-address").inputs).toMatchObject({
      metadata: { name: "web-0", namespace: "samples", labels: web0, annotations },
      spec: {
        clusterIP: "10.41.0.10",
        publishNotReadyAddresses: true,
        selector: { ...set, "redis-ha/node": "web-0" },
        ports: [{ name: "port-80", port: 80, targetPort: 80 }],
      },
    });
  });

  test("has an immutable ConfigMap and Secret with generated names, so that changed content gets a new name", async () => {
    const program = await onKubernetes([workload]);
    const configMap = named(program, "part-web-0-files").inputs;
    expect(configMap).toMatchObject({ data: { settings: "colour blue" }, immutable: true });
    expect(configMap["metadata"]).not.toHaveProperty("name");
    const secrets = named(program, "part-web-0-secrets").inputs;
    expect(secrets).toMatchObject({ stringData: secret({ key: "swordfish" }), immutable: true });
    expect(secrets["metadata"]).not.toHaveProperty("name");
  });

  test("is declared with exactly the expected inputs", async () => {
    const { metadata, spec } = named(await onKubernetes([workload]), "part-web-0").inputs;
    expect(metadata).toEqual({
      name: "web-0",
      namespace: "samples",
      labels: web0,
      annotations: { ...annotations, "redis-ha/disk": "1Gi" },
    });
    expect(spec).toEqual({
      replicas: 1,
      serviceName: "web",
      podManagementPolicy: "Parallel",
      selector: { matchLabels: { ...set, "redis-ha/node": "web-0" } },
      template: { metadata: { labels: web0 }, spec: expect.any(Object) },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    });
  });

  test("runs in a pod with exactly the expected specification", async () => {
    const program = await onKubernetes([workload]);
    const probe = { exec: { command: ["sh", "/etc/web/probe.sh"] }, timeoutSeconds: 2 };
    expect(podOf(program)).toEqual({
      containers: [
        {
          name: "main",
          image: imageFor("redis", "upstream").reference,
          imagePullPolicy: "IfNotPresent",
          command: ["serve", "--port", "80"],
          env: [
            { name: "MODE", value: "plain" },
            { name: "GREETING", value: "two words" },
          ],
          ports: [{ name: "port-80", containerPort: 80 }],
          resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "500m", memory: "64Mi" } },
          volumeMounts: [
            { name: "configmap-etc-web", mountPath: "/etc/web", readOnly: true },
            { name: "secret-etc-web-secrets", mountPath: "/etc/web-secrets", readOnly: true },
            { name: "data", mountPath: "/data" },
            { name: "scratch-0", mountPath: "/tmp" },
          ],
          startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 86_400 },
          readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          terminationMessagePolicy: "FallbackToLogsOnError",
        },
      ],
      volumes: [
        {
          name: "configmap-etc-web",
          configMap: {
            name: "part-web-0-files-made-up",
            items: [{ key: "settings", path: "settings" }],
            defaultMode: 0o444,
          },
        },
        {
          name: "secret-etc-web-secrets",
          secret: {
            secretName: "part-web-0-secrets-made-up",
            items: [{ key: "key", path: "key" }],
            defaultMode: 0o440,
          },
        },
        { name: "scratch-0", emptyDir: { sizeLimit: "16Mi" } },
      ],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 1000,
        fsGroup: 1000,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: 11,
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: web } },
            },
          ],
        },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: web },
        },
      ],
    });
  });

  test("has a liveness probe if the workload defines one", async () => {
    const liveness = { command: ["ping"], interval: 30_000, timeout: 10_000, retries: 10, startPeriod: 0 };
    const program = await onKubernetes([() => ({ ...workload(), liveness })]);
    expect(podOf(program)).toMatchObject({
      containers: [
        {
          livenessProbe: { exec: { command: ["ping"] }, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 10 },
        },
      ],
    });
  });

  test("has the configured anti-affinity, zone spread, storage class, priority class and CPU request", async () => {
    const program = await onKubernetes([workload], {
      storageClass: "fast",
      priorityClass: "important",
      cpuReservation: 0.1,
      spread: { nodes: "required", zones: "required" },
    });
    expect(podOf(program)).toMatchObject({
      priorityClassName: "important",
      containers: [{ resources: { limits: { cpu: "500m" }, requests: { cpu: "50m", memory: "64Mi" } } }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [expect.any(Object)] } },
      topologySpreadConstraints: [{ whenUnsatisfiable: "DoNotSchedule" }],
    });
    expect(named(program, "part-web-0").inputs).toMatchObject({
      spec: { volumeClaimTemplates: [{ spec: { storageClassName: "fast" } }] },
    });
  });

  test("ignores changes of its volume template, which is immutable", async () => {
    expect(named(await onKubernetes([workload]), "part-web-0").ignoreChanges).toEqual(["spec.volumeClaimTemplates"]);
  });
});

describe("a workload without a volume on Kubernetes", () => {
  const desk = () => {
    const { volume, ...rest } = workload();
    return { ...rest, name: "desk", image: "commander" as const };
  };

  test("is a Deployment of one pod that is reachable only when it is ready and is restarted when its probe fails", async () => {
    const program = await onKubernetes([desk]);
    expect(ofType(program, statefulSet)).toEqual([]);
    expect(named(program, "part-desk", deployment).inputs).toMatchObject({ spec: { replicas: 1 } });
    expect(named(program, "part-desk-address").inputs).toMatchObject({ spec: { publishNotReadyAddresses: false } });
    expect(podOf(program, "part-desk")).toMatchObject({
      containers: [{ livenessProbe: { exec: { command: ["sh", "/etc/web/probe.sh"] }, failureThreshold: 3 } }],
      securityContext: { runAsUser: 10000 },
    });
  });

  test("has no anti-affinity if it is alone in its node group, and runs until its replacement is ready", async () => {
    const program = await onKubernetes([desk]);
    expect(podOf(program, "part-desk")).not.toHaveProperty("affinity");
    expect(named(program, "part-desk", deployment).inputs["spec"]).not.toHaveProperty("strategy");
  });

  test("stops before its replacement starts if its node group is larger, since the replacement may need its machine", async () => {
    const program = await onKubernetes([() => ({ ...desk(), name: "web-1" })], {
      spread: { nodes: "required", zones: "preferred" },
    });
    expect(named(program, "part-web-1", deployment).inputs).toMatchObject({
      spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
    });
  });
});

describe("a node group on Kubernetes", () => {
  test("has a disruption budget with its maximum number of unavailable members", async () => {
    expect(named(await onKubernetes([]), "place-web-budget").inputs).toMatchObject({
      metadata: { name: "web" },
      spec: { maxUnavailable: 1, selector: { matchLabels: web } },
    });
  });

  test("has a headless Service for all members and a Service for any ready member", async () => {
    const program = await onKubernetes([]);
    expect(named(program, "place-web-names").inputs).toMatchObject({
      metadata: { name: "web" },
      spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: web },
    });
    expect(named(program, "place-all-webs").inputs).toMatchObject({
      metadata: { name: "all-webs" },
      spec: { selector: web, ports: [{ port: 8080, targetPort: 80 }] },
    });
  });

  test("accepts connections from the set itself and, in all namespaces, from pods with the client label of the set", async () => {
    const program = await onKubernetes([]);
    expect(named(program, "place-within").inputs).toMatchObject({
      spec: {
        podSelector: { matchLabels: set },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ podSelector: { matchLabels: set } }] }],
      },
    });
    expect(named(program, "place-clients-to-web").inputs).toMatchObject({
      spec: {
        podSelector: { matchLabels: web },
        ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { "redis-ha/client": "sample" } } }] }],
      },
    });
  });

  test("has a network policy only if it has an audience and policies are enabled", async () => {
    const policies = async (own = {}) =>
      ofType(await onKubernetes([], own), "kubernetes:networking.k8s.io/v1:NetworkPolicy").map(({ name }) => name);
    expect(await policies()).toEqual(["place-clients-to-web", "place-within"]);
    expect(await policies({ networkPolicies: false })).toEqual([]);
  });
});

describe("a monitor on Kubernetes", () => {
  const monitor = {
    name: "web",
    row: "web",
    port: 80,
    path: "/metrics",
    labels: { release: "prometheus" },
    targets: [],
  };
  const POD_MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor";

  test("is a PodMonitor with the configured labels for the pods of its node group", async () => {
    const program = await onKubernetes([], { monitors: [monitor] });
    expect(named(program, "place-web-monitor").type).toBe(POD_MONITOR);
    expect(named(program, "place-web-monitor").inputs).toEqual({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata: { name: "web", namespace: "samples", labels: { ...set, release: "prometheus" }, annotations },
      spec: {
        selector: { matchLabels: web },
        podMetricsEndpoints: [
          {
            port: "port-80",
            path: "/metrics",
            relabelings: [{ sourceLabels: ["__meta_kubernetes_pod_label_redis_ha_node"], targetLabel: "instance" }],
          },
        ],
      },
    });
  });

  test("scrapes each of its targets with the node's name as the instance label", async () => {
    const targets = [{ name: "redis-0", target: "redis://10.41.0.10:6379" }];
    const program = await onKubernetes([], { monitors: [{ ...monitor, targets }] });
    expect(named(program, "place-web-monitor").inputs).toMatchObject({
      spec: {
        podMetricsEndpoints: [
          {
            port: "port-80",
            path: "/metrics",
            params: { target: ["redis://10.41.0.10:6379"] },
            relabelings: [{ targetLabel: "instance", replacement: "redis-0" }],
          },
        ],
      },
    });
  });

  test("logs in with a Secret that the host creates if the workload requires a login", async () => {
    const guarded = (): Workload => ({
      ...workload(),
      scrapeLogin: { name: "web-login", user: "prometheus", password: pulumi.secret("open-sesame-open-sesame") },
    });
    const program = await onKubernetes([guarded], { monitors: [{ ...monitor, loginSecret: "web-login" }] });
    expect(named(program, "place-web-monitor").inputs).toMatchObject({
      spec: {
        podMetricsEndpoints: [
          {
            basicAuth: {
              username: { name: "web-login", key: "username" },
              password: { name: "web-login", key: "password" },
            },
          },
        ],
      },
    });
    expect(loginsOf(program)).toMatchObject([
      {
        metadata: { name: "web-login", namespace: "samples" },
        stringData: secret({ username: "prometheus", password: "open-sesame-open-sesame" }),
      },
    ]);
    expect(loginsOf(await onKubernetes([guarded]))).toEqual([]);
  });

  test("keeps the set's labels even if the configured labels contradict them", async () => {
    const labels = { "app.kubernetes.io/instance": "another", release: "prometheus" };
    const program = await onKubernetes([], { monitors: [{ ...monitor, labels }] });
    expect(named(program, "place-web-monitor").inputs).toMatchObject({
      metadata: { labels: { ...set, release: "prometheus" } },
    });
  });

  test("has a network policy that admits the monitoring namespace to its port if policies are enabled", async () => {
    const program = await onKubernetes([], { monitors: [monitor] });
    expect(named(program, "place-monitoring-to-web").inputs).toMatchObject({
      spec: {
        podSelector: { matchLabels: web },
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
            ports: [{ port: 80 }],
          },
        ],
      },
    });
    const withoutPolicies = await onKubernetes([], { monitors: [monitor], networkPolicies: false });
    expect(ofType(withoutPolicies, "kubernetes:networking.k8s.io/v1:NetworkPolicy")).toEqual([]);
  });

  test("is not created unless it is enabled", async () => {
    expect(ofType(await onKubernetes([workload]), POD_MONITOR)).toEqual([]);
  });
});

/** The Secrets with the logins for Prometheus. */
function loginsOf(program: Declaration) {
  const secrets = ofType(program, "kubernetes:core/v1:Secret").map(({ inputs }) => inputs);
  return secrets.filter(({ type }) => type === "kubernetes.io/basic-auth");
}

test("every pod satisfies the restricted Pod Security Standard", async () => {
  const pod = podOf(await onKubernetes([workload]));
  expect(violations(pod)).toEqual([]);
  const [container] = pod.containers;
  expect(
    violations({ ...pod, hostNetwork: true, containers: [{ ...container!, securityContext: {} as never }] }),
  ).toEqual(["hostNetwork", "main: allowPrivilegeEscalation", "main: capabilities"]);
});

type PodSpec = Parameters<typeof violations>[0];

function podOf(program: Declaration, name = "part-web-0"): PodSpec {
  const { spec } = named(program, name).inputs as unknown as { spec: { template: { spec: PodSpec } } };
  return spec.template.spec;
}
