import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RestartOrder } from "../../../components/parts/restartOrder.ts";
import { RedisMaster } from "../../../components/redisMaster.ts";
import { RedisReplicas } from "../../../components/redisReplicas.ts";
import { type NodeObservation, observeNodes } from "../../../rollout/observeNodes.ts";
import { type Declaration, declared, named } from "../../support/components/program.ts";
import { RecordingHost } from "../../support/components/recordingHost.ts";
import { password, sampleSet, secretPassword } from "../../support/components/sampleSet.ts";

vi.mock("../../../rollout/observeNodes.ts", () => ({ observeNodes: vi.fn() }));

const topology = sampleSet();

beforeEach(() => {
  vi.mocked(observeNodes).mockReset().mockResolvedValue([]);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the data nodes of a set restart", () => {
  test("in the order of their ordinals if no node reports that it is the master", async () => {
    expect(previous(await declareDataNodes())).toEqual({
      "redis-0": [],
      "redis-1": ["redis-0"],
      "redis-2": ["redis-1"],
    });
    expect(vi.mocked(observeNodes).mock.calls).toEqual([
      [topology, password, expect.any(Function), topology.dataNodes],
    ]);
  });

  test.each([
    ["redis-0", { "redis-0": ["redis-2"], "redis-1": [], "redis-2": ["redis-1"] }],
    ["redis-1", { "redis-0": [], "redis-1": ["redis-2"], "redis-2": ["redis-0"] }],
    ["redis-2", { "redis-0": [], "redis-1": ["redis-0"], "redis-2": ["redis-1"] }],
  ])("with %s last if it is the master", async (leader, order) => {
    vi.mocked(observeNodes).mockResolvedValue(roles(leader));
    expect(previous(await declareDataNodes())).toEqual(order);
  });

  test("in the order of their ordinals in a preview, without asking any node", async () => {
    vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
    vi.mocked(observeNodes).mockResolvedValue(roles("redis-0"));
    expect(previous(await declareDataNodes())).toEqual({
      "redis-0": [],
      "redis-1": ["redis-0"],
      "redis-2": ["redis-1"],
    });
    expect(observeNodes).not.toHaveBeenCalled();
  });
});

/** Declares the master and the replicas with one rollout order, as a complete set does. */
function declareDataNodes(): Promise<Declaration> {
  return declared(() => {
    const given = secretPassword();
    const host = new RecordingHost();
    const shared = { topology, host, password: given, order: new RestartOrder(topology, given, host) };
    new RedisMaster("main", shared);
    new RedisReplicas("others", shared);
  });
}

/** The names of nodes, each with the names of the nodes whose readiness it waits for. */
function previous(program: Declaration): Readonly<Record<string, readonly string[]>> {
  const resource = (node: string) => (node === "redis-0" ? "main-redis-0" : `others-${node}`);
  return Object.fromEntries(
    topology.dataNodes.map(({ name }) => [
      name,
      named(program, resource(name)).dependencies.map((dependency) =>
        dependency.replace(/^(main|others)-(.*)-ready$/, "$2"),
      ),
    ]),
  );
}

function roles(leader: string): readonly NodeObservation[] {
  const replicas = new Map();
  return topology.dataNodes.map((node) => {
    const facts = { node, offset: 1000 };
    return node.name === leader
      ? { state: "answers", node, keys: 5, facts: { ...facts, role: "master", replicas } }
      : {
          state: "answers",
          node,
          keys: 5,
          facts: {
            ...facts,
            role: "slave",
            master: node.endpoint,
            linkUp: true,
            linkDownFor: undefined,
            syncing: false,
          },
        };
  });
}
