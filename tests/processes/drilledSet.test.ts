import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VerificationError } from "../../checks/report.ts";
import { DrilledSet } from "../../drills/drilledSet.ts";
import type { SetAccess } from "../../redis/access.ts";
import { Addressing } from "../../redis/addressing.ts";
import { nodesTarget } from "../../redis/target.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../../topology/topology.ts";
import { LoopbackSet, network, redisBinary } from "../support/processes/loopbackSet.ts";
import { password } from "../support/unit/plannedSet.ts";

const set = new LoopbackSet();
const target = nodesTarget(set.topology, password);
const [, replica] = set.topology.dataNodes as [DataNodePlan, DataNodePlan];

/** The replica's address for clients. Nothing listens there at first. */
const late: Endpoint = { host: `${network}.101`, port: 6379 };

class LateAddressing extends Addressing {
  override endpoint(node: NodePlan): Endpoint {
    return node.name === replica.name ? late : super.endpoint(node);
  }
}

/** The access of the checks. It reaches every node from the start. */
const access: SetAccess = {
  open: async () => new Addressing("inside"),
  openUnchecked: async () => new Addressing("inside"),
  timeout: 0,
  interval: 50,
};

describe.skipIf(redisBinary === undefined)("a drilled set whose clients use other addresses than the checks", () => {
  beforeAll(() => set.start());
  afterAll(() => set.stop());

  test("is unhealthy while clients cannot reach a node, although the checks reach it", async () => {
    const drilled = await DrilledSet.reach(target, { addressing: new LateAddressing("inside"), access });
    const error = await drilled.well(10_000).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VerificationError);
    expect((error as VerificationError).report.checks.filter(({ state }) => state !== "passed")).toEqual([
      expect.objectContaining({
        name: "clients reach every data node",
        findings: [
          expect.objectContaining({
            problem: `redis-1 does not accept a connection at ${network}.101:6379: connect ECONNREFUSED ${network}.101:6379`,
          }),
        ],
      }),
    ]);
  });

  test("becomes healthy as soon as clients reach every node", async () => {
    const drilled = await DrilledSet.reach(target, { addressing: new LateAddressing("inside"), access });
    const well = drilled.well();
    await expect(drilled.master()).rejects.toThrow(`redis-1 does not accept a connection at ${network}.101:6379`);
    await set.forward(late, replica);
    await well;
    expect(await drilled.master()).toBe(set.topology.dataNodes[0]);
  });
});
