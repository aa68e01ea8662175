import { describe, expect, test } from "vitest";
import { holdsData } from "../../../rollout/holdsData.ts";
import type { NodeObservation } from "../../../rollout/observeNodes.ts";
import { restartOrder } from "../../../rollout/restartOrder.ts";
import { plannedSet } from "../../support/unit/plannedSet.ts";

const { dataNodes } = plannedSet();

describe("the restart order of data nodes", () => {
  test.each<{ situation: string; now: readonly NodeObservation[]; order: readonly number[] }>([
    { situation: "no node answers", now: [silent(0), silent(1), silent(2)], order: [0, 1, 2] },
    { situation: "all are replicas", now: [replica(0), replica(1), replica(2)], order: [0, 1, 2] },
    { situation: "redis-0 is the master", now: [master(0, 2), replica(1), replica(2)], order: [1, 2, 0] },
    { situation: "redis-1 is the master", now: [replica(0), master(1, 2), replica(2)], order: [0, 2, 1] },
    { situation: "redis-2 is the master", now: [replica(0), silent(1), master(2, 1)], order: [0, 1, 2] },
    { situation: "an old master has come back", now: [master(0, 0), master(1, 1), replica(2)], order: [0, 2, 1] },
    { situation: "the master has another password", now: [refusing(0), refusing(1), replica(2)], order: [0, 1, 2] },
  ])("is $order when $situation", ({ now, order }) => {
    expect(restartOrder(dataNodes, now).map(({ ordinal }) => ordinal)).toEqual(order);
  });

  test("leaves the plan's own list unchanged", () => {
    restartOrder(dataNodes, [master(0, 2)]);
    expect(dataNodes.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2]);
  });
});

describe("holdsData", () => {
  test.each<{ situation: string; now: readonly NodeObservation[]; holds: boolean }>([
    { situation: "there is no other node", now: [], holds: false },
    { situation: "no node answers", now: [silent(0), silent(1)], holds: false },
    {
      situation: "a replica was never in sync with a master",
      now: [replica(1, { offset: 1 }), silent(2)],
      holds: false,
    },
    { situation: "a new master has no keys", now: [master(0, 0, { offset: 0 })], holds: false },
    { situation: "a master has keys", now: [silent(1), master(0, 0, { offset: 0, keys: 1 })], holds: true },
    { situation: "a replica has a history", now: [replica(1, { offset: 15 })], holds: true },
    { situation: "a node is loading, or has another password", now: [refusing(1)], holds: true },
  ])("is $holds when $situation", ({ now, holds }) => {
    expect(holdsData(now)).toBe(holds);
  });
});

interface Data {
  readonly offset?: number;
  readonly keys?: number;
}

function node(ordinal: number) {
  return dataNodes[ordinal]!;
}

function silent(ordinal: number): NodeObservation {
  return { state: "silent", node: node(ordinal) };
}

function refusing(ordinal: number): NodeObservation {
  return { state: "refuses", node: node(ordinal) };
}

function master(ordinal: number, followers: number, { offset = 1000, keys = 0 }: Data = {}): NodeObservation {
  const replicas = new Map(
    Array.from({ length: followers }, (_, index) => [`10.41.0.${index}:6379`, { state: "online", lag: 0 }]),
  );
  return {
    state: "answers",
    node: node(ordinal),
    keys,
    facts: { role: "master", node: node(ordinal), offset, replicas },
  };
}

function replica(ordinal: number, { offset = 1000, keys = 0 }: Data = {}): NodeObservation {
  const link = { master: node(0).endpoint, linkUp: true, linkDownFor: undefined, syncing: false };
  return {
    state: "answers",
    node: node(ordinal),
    keys,
    facts: { role: "slave", node: node(ordinal), offset, ...link },
  };
}
