import { describe, expect, test } from "vitest";
import type { Cluster, Owned } from "../../../hosts/kubernetes/cluster.ts";
import type { Owner } from "../../../hosts/kubernetes/ownership.ts";
import { preflight, requireOwnNamespace } from "../../../hosts/kubernetes/preflight.ts";
import { plan } from "../../../topology/plan.ts";
import { validateSettings } from "../../../topology/settings/settings.ts";
import type { KubernetesPlan } from "../../../topology/topology.ts";

const stack = "organization/redis-ha/prod";
const other = "organization/redis-ha/staging";
const identity = "0123456789abcdef";
const firstDeployment: Owner = { stack, identity, isFirstDeployment: true };
const laterDeployment: Owner = { stack, identity, isFirstDeployment: false };
const nodes = [{ name: "redis-0", address: "10.96.0.138", disk: 1024 ** 3 }];

describe("the preflight of a first deployment", () => {
  test.each([
    ["that belongs to another stack", other],
    ["that has no owner", undefined],
  ])("refuses an existing namespace %s, because `down` would delete it", async (_whose, owner) => {
    const cluster = clusterWith({ namespaces: [namespaceOf(owner)], parts: [statefulSetOf(owner)] });
    await expect(preflight(cluster, planned(), nodes, firstDeployment)).rejects.toThrow(
      "the cluster cannot run the set:\n" +
        "  kubernetes.namespace: got redis-ha, which exists but does not belong to this stack, expected a namespace that " +
        "does not exist yet, because `down` deletes it with everything in it; set kubernetes.createNamespace to false to " +
        "use an existing namespace, or choose another namespace",
    );
  });

  test("refuses objects of others with names of the set in an existing namespace", async () => {
    const found = [statefulSetOf(other), serviceOf("redis-0"), serviceOf("redis-master"), serviceOf("mysql")];
    const cluster = clusterWith({ namespaces: [namespaceOf(undefined)], parts: found });
    await expect(preflight(cluster, planned({ createNamespace: false }), nodes, firstDeployment)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which has objects that do not belong to this stack: " +
        "StatefulSet redis-0, Service redis-0, Service redis-master, " +
        "expected a namespace in which the names of the set's parts are free",
    );
  });

  test("accepts objects that a killed update of the same state left behind", async () => {
    const parts = [statefulSetOf(stack, identity)];
    await expect(
      preflight(clusterWith({ namespaces: [namespaceOf(stack, identity)], parts }), planned(), nodes, firstDeployment),
    ).resolves.toBeUndefined();
  });

  test.each([
    ["another identity", "fedcba9876543210"],
    ["no identity", undefined],
  ])(
    "refuses a namespace of a stack of the same name with %s, because another state created it",
    async (_case, owner) => {
      const cluster = clusterWith({ namespaces: [namespaceOf(stack, owner)] });
      await expect(preflight(cluster, planned(), nodes, firstDeployment)).rejects.toThrow(
        "the cluster cannot run the set:\n" +
          "  kubernetes.namespace: got redis-ha, which another state of the stack organization/redis-ha/prod created, " +
          "expected a namespace that this state created, or none; use the clone with that state in its .state folder, or its " +
          "Pulumi backend. If it is not needed, remove it with its data: kubectl delete namespace redis-ha",
      );
    },
  );

  test("refuses objects of a stack of the same name with another identity in an existing namespace", async () => {
    const cluster = clusterWith({ namespaces: [], parts: [statefulSetOf(stack, "fedcba9876543210")] });
    await expect(preflight(cluster, planned(), nodes, firstDeployment)).rejects.toThrow(
      "got redis-ha, which has objects that another state of the stack organization/redis-ha/prod created: " +
        "StatefulSet redis-0, expected a namespace in which the names of the set's parts are free; use the clone with that " +
        "state in its .state folder, or its Pulumi backend, or choose another namespace, or remove them if they are not needed",
    );
  });
});

test("the preflight of a later deployment accepts objects without an identity and without a stack", async () => {
  const cluster = clusterWith({
    namespaces: [namespaceOf(undefined)],
    parts: [statefulSetOf(undefined)],
    addresses: new Map([["10.96.0.138", "redis-ha/redis-0"]]),
  });
  await expect(preflight(cluster, planned(), nodes, laterDeployment)).resolves.toBeUndefined();
});

test.each([
  ["another identity", namespaceOf(stack, "fedcba9876543210")],
  ["no identity and the name of another stack", namespaceOf(other)],
])("the preflight of a later deployment refuses a namespace with %s", async (_case, found) => {
  await expect(preflight(clusterWith({ namespaces: [found] }), planned(), nodes, laterDeployment)).rejects.toThrow(
    "kubernetes.namespace: got redis-ha, which",
  );
});

describe("the preflight with createNamespace false", () => {
  test.each([
    ["first", firstDeployment],
    ["later", laterDeployment],
  ])("refuses a missing namespace in a %s deployment", async (_which, owner) => {
    const cluster = clusterWith({ namespaces: [] });
    await expect(preflight(cluster, planned({ createNamespace: false }), nodes, owner)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which the cluster does not have, expected an existing namespace, because " +
        "kubernetes.createNamespace is false; create it with kubectl create namespace redis-ha, or correct the name",
    );
  });

  test.each([
    ["exists", [namespaceOf(undefined)]],
    ["cannot be read by this user", undefined],
  ])("accepts a namespace that %s", async (_case, namespaces) => {
    const cluster = clusterWith({ namespaces });
    await expect(
      preflight(cluster, planned({ createNamespace: false }), nodes, firstDeployment),
    ).resolves.toBeUndefined();
  });
});

describe("requireOwnNamespace", () => {
  test.each([
    ["does not exist", []],
    ["a killed update of the same state created", [namespaceOf(stack, identity)]],
    ["cannot be read by this user", undefined],
  ])("accepts a namespace that %s", async (_case, namespaces) => {
    await expect(
      requireOwnNamespace(clusterWith({ namespaces }), "redis-ha", firstDeployment),
    ).resolves.toBeUndefined();
  });

  test("refuses an existing namespace of others, such as after createNamespace was changed to true", async () => {
    const cluster = clusterWith({ namespaces: [namespaceOf(undefined)] });
    await expect(requireOwnNamespace(cluster, "redis-ha", firstDeployment)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which exists but does not belong to this stack",
    );
  });
});

describe("the preflight with an existing volume", () => {
  test("refuses a volume that is larger than planned, because the update would stop halfway", async () => {
    const refusal = preflight(
      clusterWith({ namespaces: [], volumes: { "data-redis-0-0": "2Gi" } }),
      planned(),
      nodes,
      laterDeployment,
    );
    await expect(refusal).rejects.toThrow(
      "the cluster cannot run the set:\n  size: got a disk of 1Gi for redis-0, whose volume data-redis-0-0 has 2Gi, " +
        "expected at least 2Gi, because a volume cannot shrink",
    );
  });

  test.each(["512Mi", "1Gi"])("accepts a volume of %s when 1Gi is planned", async (size) => {
    const cluster = clusterWith({ namespaces: [], volumes: { "data-redis-0-0": size } });
    await expect(preflight(cluster, planned(), nodes, laterDeployment)).resolves.toBeUndefined();
  });
});

test("the preflight refuses a user without the right to patch, because objects are created by server-side apply", async () => {
  const cluster = clusterWith({ namespaces: [], isAllowed: async ({ verb }) => verb !== "patch" });
  const refusal = await preflight(cluster, planned(), nodes, firstDeployment).catch(String);
  for (const resource of ["namespaces", "configmaps", "secrets", "services", "statefulsets.apps"]) {
    expect(refusal).toContain(`rights: got no right to patch ${resource} in the namespace redis-ha`);
  }
});

interface Found {
  readonly namespaces?: readonly Owned[] | undefined;
  readonly parts?: readonly Owned[];
  readonly addresses?: ReadonlyMap<string, string>;
  /** Maps the name of each claim to its size. */
  readonly volumes?: Readonly<Record<string, string>>;
  readonly isAllowed?: Cluster["isAllowed"];
}

/** A cluster that grants every right and has everything that a set needs, in addition to the given objects. */
function clusterWith(found: Found): Cluster {
  const { namespaces, parts = [], addresses = new Map(), volumes = {}, isAllowed = async () => true } = found;
  const answers: Partial<Cluster> = {
    namespaces: async () => namespaces,
    parts: async () => parts,
    isAllowed,
    knows: async () => true,
    storageClasses: async () => [{ name: "standard", isDefault: true }],
    serviceRanges: async () => ["10.96.0.0/12"],
    serviceAddresses: async () => addresses,
    volumeClaim: async (_namespace, name) =>
      volumes[name] === undefined ? undefined : { spec: { resources: { requests: { storage: volumes[name] } } } },
  };
  return answers as Cluster;
}

function namespaceOf(stackName: string | undefined, owner?: string): Owned {
  return { kind: "Namespace", name: "redis-ha", stack: stackName, owner };
}

function statefulSetOf(stackName: string | undefined, owner?: string): Owned {
  return { kind: "StatefulSet", name: "redis-0", stack: stackName, owner };
}

function serviceOf(name: string): Owned {
  return { kind: "Service", name, stack: undefined, owner: undefined };
}

function planned(own: Partial<KubernetesPlan> = {}): KubernetesPlan {
  const { host } = plan(validateSettings({ target: "kubernetes" })).topology;
  if (host.target !== "kubernetes") {
    throw new Error("the plan is for another host");
  }
  return { ...host, ...own };
}
