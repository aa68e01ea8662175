import { afterEach, expect, test, vi } from "vitest";
import { claimsOf } from "../../../hosts/claims.ts";
import { Cluster, type Owned } from "../../../hosts/kubernetes/cluster.ts";
import { ClusterError } from "../../../hosts/kubernetes/clusterError.ts";
import type { StatedResource } from "../../../hosts/stateResources.ts";

const identity = "0123456789abcdef";
const stack = "organization/redis-ha/staging";

afterEach(() => {
  vi.restoreAllMocks();
});

test("claimsOf contacts no host before the state has a plan, because nothing has been created yet", async () => {
  const claims = await claimsOf([stash("identity", identity)], {
    DOCKER_HOST: "unix:///tmp/nothing-listens-here.sock",
  });
  expect(claims).toEqual({ refusals: [], leftovers: [], unreachable: undefined });
});

test("claimsOf refuses all objects on a cluster other than the recorded one, whatever their names", async () => {
  answerWith({ uid: async () => "production" });
  const { refusals } = await claimsOf([...known(), stash("cluster", "staging")], {});
  expect(refusals).toEqual([
    expect.stringMatching(/another cluster .* the state has staging as the UID .*, but this cluster has production/),
  ]);
});

test.each([
  [
    "refuses a namespace with the identity of another state",
    { stack, owner: "fedcba9876543210" },
    ["this state did not create Namespace redis-ha"],
  ],
  [
    "refuses a namespace of another stack without an identity",
    { stack: "organization/redis-ha/prod", owner: undefined },
    ["this state did not create Namespace redis-ha"],
  ],
  ["accepts a namespace with the identity of the state", { stack, owner: identity }, []],
  ["accepts a namespace of the same stack without an identity", { stack, owner: undefined }, []],
])("claimsOf %s", async (_case, marks, expected) => {
  answerWith({ namespaces: async () => [{ kind: "Namespace", name: "redis-ha", ...marks }] });
  expect((await claimsOf(known(), {})).refusals).toEqual(expected);
});

test("claimsOf returns a namespace with the state's identity as a leftover when the state does not list it", async () => {
  const left: Owned = { kind: "Namespace", name: "redis-ha", stack, owner: identity };
  const gone: Owned[] = [left];
  answerWith({
    namespaces: async () => gone,
    removeNamespace: async () => void gone.pop(),
  });
  const { refusals, leftovers } = await claimsOf([stash("identity", identity), plan()], {});
  expect(refusals).toEqual([]);
  expect(leftovers.map(({ description }) => description)).toEqual(["namespace redis-ha with everything in it"]);
  await leftovers[0]?.remove();
  expect(gone).toEqual([]);
});

test("claimsOf returns only unlisted objects with the state's identity as leftovers in a namespace of others", async () => {
  const listed = { ...resource("kubernetes:core/v1:Service", "redis-0"), id: "redis-ha/redis-0" };
  const object = (name: string) => ({ apiVersion: "v1", kind: "Service", name });
  const objectsOf = vi.fn(async () => [object("redis-0"), object("redis-1")]);
  answerWith({ objectsOf });
  const { leftovers } = await claimsOf([stash("identity", identity), plan(false), listed], {});
  expect(objectsOf).toHaveBeenCalledWith("redis-ha", "sessions", identity);
  expect(leftovers.map(({ description }) => description)).toEqual(["Service redis-1"]);
});

test("claimsOf returns the error message of a cluster that does not answer", async () => {
  answerWith({
    uid: async () => {
      throw new ClusterError("the cluster does not answer", undefined);
    },
  });
  expect(await claimsOf(known(), {})).toEqual({
    refusals: [],
    leftovers: [],
    unreachable: "the cluster does not answer",
  });
});

/** Replaces the cluster by one that has only the given objects. */
function answerWith(given: Partial<Cluster>): void {
  const answers: Partial<Cluster> = {
    uid: async () => "staging",
    namespaces: async () => [],
    parts: async () => [],
    objectsOf: async () => [],
    ...given,
  };
  vi.spyOn(Cluster, "connect").mockReturnValue(answers as Cluster);
}

/** The state of a set with its own namespace. */
function known(): readonly StatedResource[] {
  const namespace = resource("kubernetes:core/v1:Namespace", "redis-ha");
  return [stash("identity", identity), plan(), namespace];
}

function plan(createNamespace = true): StatedResource {
  const host = { target: "kubernetes", namespace: "redis-ha", createNamespace };
  return stash("deployment", { topology: { name: "sessions", host } });
}

function stash(end: string, input: unknown): StatedResource {
  return { type: "pulumi:index:Stash", name: `sessions-${end}`, id: "", inputs: { input } };
}

function resource(type: string, name: string): StatedResource {
  const metadata = {
    name,
    namespace: "redis-ha",
    annotations: { "redis-ha/stack": stack, "redis-ha/owner": identity },
  };
  return { type, name, id: name, inputs: { metadata } };
}
