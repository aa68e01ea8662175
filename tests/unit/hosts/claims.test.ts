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

test("no host is asked before the state notes a plan, since nothing is made before that", async () => {
  const claims = await claimsOf([stash("identity", identity)], {
    DOCKER_HOST: "unix:///tmp/nothing-listens-here.sock",
  });
  expect(claims).toEqual({ refusals: [], leftovers: [], unreachable: undefined });
});

test("on another cluster than the noted one everything is refused, whatever its objects are called", async () => {
  answerWith({ uid: async () => "production" });
  const { refusals } = await claimsOf([...known(), stash("cluster", "staging")], {});
  expect(refusals).toEqual([
    expect.stringMatching(/another cluster .* the state has staging as the UID .*, and this cluster has production/),
  ]);
});

test.each([
  ["of another state", { stack, owner: "fedcba9876543210" }, ["this state did not make Namespace redis-ha"]],
  [
    "of another stack, older than identities",
    { stack: "organization/redis-ha/prod", owner: undefined },
    ["this state did not make Namespace redis-ha"],
  ],
  ["of this state", { stack, owner: identity }, []],
  ["of this stack, older than identities", { stack, owner: undefined }, []],
])("a namespace %s that the state knows by its name is judged by its annotations", async (_case, marks, expected) => {
  answerWith({ namespaces: async () => [{ kind: "Namespace", name: "redis-ha", ...marks }] });
  expect((await claimsOf(known(), {})).refusals).toEqual(expected);
});

test("a namespace that a killed update made and did not note is left over when it carries the state's identity", async () => {
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

test("in a namespace of others only objects with the state's identity that it did not note are left over", async () => {
  const noted = { ...resource("kubernetes:core/v1:Service", "redis-0"), id: "redis-ha/redis-0" };
  const object = (name: string) => ({ apiVersion: "v1", kind: "Service", name });
  const objectsOf = vi.fn(async () => [object("redis-0"), object("redis-1")]);
  answerWith({ objectsOf });
  const { leftovers } = await claimsOf([stash("identity", identity), plan(false), noted], {});
  expect(objectsOf).toHaveBeenCalledWith("redis-ha", "sessions", identity);
  expect(leftovers.map(({ description }) => description)).toEqual(["Service redis-1"]);
});

test("a cluster that does not answer is told in its words", async () => {
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

/** A cluster on which there is nothing but what is given. */
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

/** The state of a set with a namespace of its own. */
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
