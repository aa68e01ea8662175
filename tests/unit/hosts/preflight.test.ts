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
const newcomer: Owner = { stack, identity, newcomer: true };
const resident: Owner = { stack, identity, newcomer: false };
const nodes = [{ name: "redis-0", address: "10.96.0.138", disk: 1024 ** 3 }];

describe("a stack that is not on the cluster yet", () => {
  test.each([
    ["another stack's", other],
    ["nobody's", undefined],
  ])("does not take a namespace that is %s, since `down` would remove it", async (_whose, owner) => {
    const cluster = clusterWith({ namespaces: [namespaceOf(owner)], parts: [statefulSetOf(owner)] });
    await expect(preflight(cluster, planned(), nodes, newcomer)).rejects.toThrow(
      "the cluster cannot take the set:\n" +
        "  kubernetes.namespace: got redis-ha, which exists and is not of this stack, expected a namespace that is not " +
        "there yet, since `down` removes it with everything in it; set kubernetes.createNamespace to false for one " +
        "that somebody else looks after, or choose another namespace",
    );
  });

  test("does not take what has the name of one of its parts in a namespace that is there", async () => {
    const found = [statefulSetOf(other), serviceOf("redis-0"), serviceOf("redis-master"), serviceOf("mysql")];
    const cluster = clusterWith({ namespaces: [namespaceOf(undefined)], parts: found });
    await expect(preflight(cluster, planned({ createNamespace: false }), nodes, newcomer)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, in which there is what is not of this stack: " +
        "StatefulSet redis-0, Service redis-0, Service redis-master, " +
        "expected a namespace in which the names of the set's parts are free",
    );
  });

  test("takes what an update of the same state made and was killed before it noted that", async () => {
    const parts = [statefulSetOf(stack, identity)];
    await expect(
      preflight(clusterWith({ namespaces: [namespaceOf(stack, identity)], parts }), planned(), nodes, newcomer),
    ).resolves.toBeUndefined();
  });

  test.each([
    ["another identity", "fedcba9876543210"],
    ["no identity", undefined],
  ])(
    "does not take a namespace of a stack of the same name that has %s: another state made it",
    async (_case, owner) => {
      const cluster = clusterWith({ namespaces: [namespaceOf(stack, owner)] });
      await expect(preflight(cluster, planned(), nodes, newcomer)).rejects.toThrow(
        "the cluster cannot take the set:\n" +
          "  kubernetes.namespace: got redis-ha, which another state of the stack organization/redis-ha/prod made, " +
          "expected a namespace that this state made, or none; use the clone with that state in its .state folder, or its " +
          "Pulumi backend. If it is not needed, remove it with its data: kubectl delete namespace redis-ha",
      );
    },
  );

  test("does not take parts of a stack of the same name in a namespace that is there: another state made them", async () => {
    const cluster = clusterWith({ namespaces: [], parts: [statefulSetOf(stack, "fedcba9876543210")] });
    await expect(preflight(cluster, planned(), nodes, newcomer)).rejects.toThrow(
      "got redis-ha, in which there is what another state of the stack organization/redis-ha/prod made: " +
        "StatefulSet redis-0, expected a namespace in which the names of the set's parts are free; use the clone with that " +
        "state in its .state folder, or its Pulumi backend, or choose another namespace, or remove them if they are not needed",
    );
  });
});

test("a stack that is on the cluster meets its own parts, and those of earlier versions, which say no stack", async () => {
  const cluster = clusterWith({
    namespaces: [namespaceOf(undefined)],
    parts: [statefulSetOf(undefined)],
    addresses: new Map([["10.96.0.138", "redis-ha/redis-0"]]),
  });
  await expect(preflight(cluster, planned(), nodes, resident)).resolves.toBeUndefined();
});

test.each([
  ["another identity", namespaceOf(stack, "fedcba9876543210")],
  ["no identity and the name of another stack", namespaceOf(other)],
])(
  "a stack that is on the cluster refuses a namespace with %s: the set that it knows was replaced",
  async (_case, found) => {
    await expect(preflight(clusterWith({ namespaces: [found] }), planned(), nodes, resident)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which",
    );
  },
);

describe("a namespace that somebody else looks after", () => {
  test.each([newcomer, resident])("has to be there, for the first update and for later ones", async (owner) => {
    const cluster = clusterWith({ namespaces: [] });
    await expect(preflight(cluster, planned({ createNamespace: false }), nodes, owner)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which the cluster does not have, expected a namespace that is there, since " +
        "kubernetes.createNamespace is false; make it by kubectl create namespace redis-ha, or correct its name",
    );
  });

  test.each([
    ["it is", [namespaceOf(undefined)]],
    ["one may not ask for it", undefined],
  ])("is taken as being there where %s", async (_case, namespaces) => {
    const cluster = clusterWith({ namespaces });
    await expect(preflight(cluster, planned({ createNamespace: false }), nodes, newcomer)).resolves.toBeUndefined();
  });
});

describe("a namespace that the state does not have", () => {
  test.each([
    ["is not there", []],
    ["is what this state made, and was killed before it noted that", [namespaceOf(stack, identity)]],
    ["may not be asked for, and is left to the update", undefined],
  ])("is made where it %s", async (_case, namespaces) => {
    await expect(requireOwnNamespace(clusterWith({ namespaces }), "redis-ha", newcomer)).resolves.toBeUndefined();
  });

  test("is refused where it is somebody else's, such as when createNamespace becomes true", async () => {
    const cluster = clusterWith({ namespaces: [namespaceOf(undefined)] });
    await expect(requireOwnNamespace(cluster, "redis-ha", newcomer)).rejects.toThrow(
      "kubernetes.namespace: got redis-ha, which exists and is not of this stack",
    );
  });
});

describe("a volume that is there", () => {
  test("must not be larger than planned, or the update would stop in the middle", async () => {
    const refusal = preflight(
      clusterWith({ namespaces: [], volumes: { "data-redis-0-0": "2Gi" } }),
      planned(),
      nodes,
      resident,
    );
    await expect(refusal).rejects.toThrow(
      "the cluster cannot take the set:\n  size: got a disk of 1Gi for redis-0, whose volume data-redis-0-0 has 2Gi, " +
        "expected at least 2Gi, since a volume cannot shrink",
    );
  });

  test.each(["512Mi", "1Gi"])("may have %s where 1Gi is planned", async (size) => {
    const cluster = clusterWith({ namespaces: [], volumes: { "data-redis-0-0": size } });
    await expect(preflight(cluster, planned(), nodes, resident)).resolves.toBeUndefined();
  });
});

test("a user who may not patch cannot make anything: objects are applied", async () => {
  const cluster = clusterWith({ namespaces: [], isAllowed: async ({ verb }) => verb !== "patch" });
  const refusal = await preflight(cluster, planned(), nodes, newcomer).catch(String);
  for (const resource of ["namespaces", "configmaps", "secrets", "services", "statefulsets.apps"]) {
    expect(refusal).toContain(`rights: got none to patch ${resource} in the namespace redis-ha`);
  }
});

interface Found {
  readonly namespaces?: readonly Owned[] | undefined;
  readonly parts?: readonly Owned[];
  readonly addresses?: ReadonlyMap<string, string>;
  /** The size of each claim, by its name. */
  readonly volumes?: Readonly<Record<string, string>>;
  readonly isAllowed?: Cluster["isAllowed"];
}

/** One that gives every right and has all that a set needs. */
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
