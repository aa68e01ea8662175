import { expect } from "vitest";
import type { DataNodePlan, NodePlan } from "../../../topology/topology.ts";
import { hasHaproxy, LoopbackGateway } from "./loopbackGateway.ts";
import { eventually, type ScriptedSet, type ScriptedSetOptions } from "./scriptedSet.ts";
import { test as setTest } from "./setTest.ts";

/** A gateway and the set behind it. */
export interface Situation {
  readonly set: ScriptedSet;
  readonly gateway: LoopbackGateway;
  readonly master: DataNodePlan;
  readonly replicas: readonly [DataNodePlan, DataNodePlan];
}

export interface GatewayFixtures {
  /** Starts a gateway in front of a set. The gateway is stopped after the test. */
  readonly newGateway: (set: ScriptedSet) => Promise<LoopbackGateway>;
  /** Starts a healthy set with a master, two replicas and Sentinels, and a gateway that routes to them. */
  readonly ready: (options?: Partial<ScriptedSetOptions>) => Promise<Situation>;
}

export const test = setTest.extend<GatewayFixtures>({
  newGateway: async ({ skip }, use) => {
    const gateways: LoopbackGateway[] = [];
    await use(async (set) => {
      skip(!hasHaproxy, "HAProxy is not installed: apt-get install haproxy");
      const gateway = new LoopbackGateway(set);
      gateways.push(gateway);
      await gateway.start();
      return gateway;
    });
    for (const gateway of gateways) {
      await gateway.stop();
    }
  },
  ready: async ({ newSet, newGateway }, use) => {
    await use(async (options = {}) => {
      const set = await newSet({ shell: "dash", ...options });
      set.startAll();
      const master = await set.healthy();
      const gateway = await newGateway(set);
      const replicas = othersThan(set, master);
      // HAProxy treats every check as passed until its first result.
      await eventually(async () => {
        expect(await gateway.up("master")).toEqual([master.name, "no-node-yet"]);
        expect(await gateway.up("replicas")).toEqual(expect.arrayContaining(replicas.map(({ name }) => name)));
        for (const { name } of replicas) {
          expect(await gateway.up(`names-${name}`)).toEqual([]);
        }
      });
      return { set, gateway, master, replicas };
    });
  },
});

export function signal(set: ScriptedSet, nodes: readonly NodePlan[], name: NodeJS.Signals): void {
  for (const node of nodes) {
    process.kill(set.serverId(node), name);
  }
}

function othersThan(set: ScriptedSet, master: DataNodePlan): readonly [DataNodePlan, DataNodePlan] {
  return set.topology.dataNodes.filter((node) => node !== master) as unknown as [DataNodePlan, DataNodePlan];
}
