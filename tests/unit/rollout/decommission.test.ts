import { expect, test } from "vitest";
import { stopLeavingReplicas } from "../../../rollout/decommission.ts";
import type { NodeObservation } from "../../../rollout/observeNodes.ts";
import { formatEndpoint } from "../../../topology/endpoint.ts";
import { plannedSet } from "../../support/unit/plannedSet.ts";

const { dataNodes, sentinels } = plannedSet();
const [first, second, leaving] = dataNodes;

test("replicas that left the plan are stopped when a remaining node is the master and the others are in sync", async () => {
  expect(await stoppedOf([master(first!, [second!, leaving!]), replica(second!)])).toEqual(["redis-2"]);
});

test.each<{ situation: string; staying: readonly NodeObservation[] }>([
  { situation: "the master is a node that left the plan", staying: [replica(first!), replica(second!)] },
  {
    situation: "two nodes report the role of master",
    staying: [master(first!, [second!, leaving!]), master(second!, [leaving!])],
  },
  { situation: "a remaining replica is not in sync", staying: [master(first!, [leaving!]), replica(second!)] },
  { situation: "no node left the plan", staying: [master(first!, [second!]), replica(second!)] },
])("no replica that left the plan is stopped when $situation", async ({ staying }) => {
  expect(await stoppedOf(staying)).toEqual([]);
});

/** Runs `stopLeavingReplicas` while all workloads run, and returns the names of the workloads that it stops. */
async function stoppedOf(staying: readonly NodeObservation[]): Promise<readonly string[]> {
  const stopped: string[] = [];
  const existing = [...dataNodes, ...sentinels].map(({ name, endpoint }) => ({
    name,
    address: endpoint.host,
    running: true,
    stop: async () => void stopped.push(name),
    start: async () => undefined,
  }));
  await stopLeavingReplicas(staying, existing, () => undefined);
  return stopped;
}

type Node = (typeof dataNodes)[number];

function master(node: Node, followers: readonly Node[]): NodeObservation {
  const online = followers.map(({ endpoint }) => [formatEndpoint(endpoint), { state: "online", lag: 0 }] as const);
  return { state: "answers", node, keys: 1, facts: { role: "master", node, offset: 9, replicas: new Map(online) } };
}

function replica(node: Node): NodeObservation {
  const link = { master: leaving!.endpoint, linkUp: true, linkDownFor: undefined, syncing: false };
  return { state: "answers", node, keys: 1, facts: { role: "slave", node, offset: 9, ...link } };
}
