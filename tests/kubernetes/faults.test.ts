import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runDrill } from "../../drills/drill.ts";
import { DrilledSet } from "../../drills/drilledSet.ts";
import type { SetAccess } from "../../redis/access.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import { targetOf } from "../../redis/target.ts";
import { accessTo } from "../../rollout/setAccess.ts";
import { killMachine, partition, startAgain } from "../../toolchain/kubernetes/faults.ts";
import type { Node } from "../../toolchain/kubernetes/place.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { noCluster, nodeBecomes } from "../support/kubernetes/cluster.ts";
import { KubernetesDeployment } from "../support/kubernetes/deployment.ts";
import { PodFaults, podOf } from "../support/kubernetes/podFaults.ts";
import { busiestSentinel } from "../support/kubernetes/sentinelLoad.ts";
import { setWithGateways } from "../support/kubernetes/sets.ts";
import { beside, besideControlPlane, onBothSides, type Vantage } from "../support/kubernetes/vantage.ts";
import { nothingChanged, resources } from "../support/stacks/engineOutput.ts";
import {
  expectToHold,
  type Fault,
  FaultTable,
  nothing,
  oneTurn,
  repeated,
  trafficOf,
} from "../support/stacks/faultTable.ts";

const set = setWithGateways("ha-test-kube-faults");

let deployment: KubernetesDeployment;
let faults: PodFaults;
let deployed: DeployedSet;
let target: VerificationTarget;
let access: SetAccess | undefined;
let redisMaster: string;
/** The machine on which the master's pod ran when the drill started. */
let machine: Node;

interface FaultOnKubernetes extends Fault {
  /** @default the machine of the control plane */
  readonly vantage?: (master: DataNodePlan) => Promise<Vantage>;
}

/**
 * The limits are those of Docker where this machine allows that. `well` includes the time in which Kubernetes creates a
 * pod or boots a machine, on the same cores that the clients use. A plain client whose gateway was lost with a machine
 * notices that after its own time limit of 2 s.
 */
const table: readonly FaultOnKubernetes[] = [
  {
    what: "the master's pod is deleted",
    inject: (master) => faults.stop(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 2000, well: 30_000, gatewayFollows: 1000 },
  },
  {
    what: "the master is switched over",
    inject: (master) => faults.handOver(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...nothing, pause: 2000, well: 10_000, gatewayFollows: 1000 },
  },
  {
    what: "the master's machine is drained",
    inject: () => deployment.ask("drain", machine, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"),
    servedBy: "another node",
    limit: 10_000,
    // The master's volume is on that machine, so its pod can only come back there.
    recover: () => deployment.ask("uncordon", machine),
    holds: { ...nothing, pause: 4000, well: 30_000 },
  },
  {
    what: "the master's process dies, and the kubelet restarts it",
    inject: (master) => faults.crash(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...oneTurn, pause: 6000, well: 20_000, gatewayFollows: 1000 },
  },
  {
    what: "the master is frozen, and resumes",
    inject: (master) => faults.freeze(master),
    servedBy: "another node",
    limit: 10_000,
    recover: (master) => faults.thaw(master),
    holds: { ...nothing, pause: 7000, lossByStaying: 1000, well: 20_000, gatewayFollows: 1000 },
  },
  {
    what: "the master's machine is lost, and comes back",
    inject: () => killMachine(deployment.cluster, machine),
    servedBy: "another node",
    limit: 20_000,
    recover: () => startAgain(deployment.cluster, machine),
    holds: { ...oneTurn, pause: 10_000, well: 60_000 },
  },
  {
    what: "the master's machine is cut off",
    vantage: async (master) => {
      const podAddress = await deployment.ask("get", "pod", podOf(master.name), "--output=jsonpath={.status.podIP}");
      return onBothSides(deployment.cluster, machine, master, podAddress);
    },
    inject: () => partition(deployment.cluster, machine, true),
    servedBy: "another node",
    limit: 20_000,
    recover: () => partition(deployment.cluster, machine, false),
    holds: { ...oneTurn, pause: 10_000, twoMasters: 2000, lossByStaying: 5000, well: 30_000 },
  },
  {
    what: "the control plane is lost, then the master's process dies",
    vantage: () => beside(deployment.cluster, anotherMachine()),
    inject: async (master) => {
      const server = await faults.serverOf(master);
      await killMachine(deployment.cluster, "control");
      process.kill(server, "SIGKILL");
    },
    servedBy: "another node",
    limit: 20_000,
    recover: () => startAgain(deployment.cluster, "control"),
    holds: { ...oneTurn, pause: 6000, well: 60_000, gatewayFollows: 1000 },
  },
];

/**
 * A plain client in the cluster. It needs a time limit for answers to notice that its gateway was lost with a machine.
 * The lost gateway stays behind the Service until the machine is NotReady, so every second connection hangs. The client
 * must give up such a connection soon and retry at once.
 */
const traffic = trafficOf(
  ({ target: { password } }) =>
    new Redis({
      host: redisMaster,
      port: 6379,
      password,
      connectTimeout: 300,
      socketTimeout: 2000,
      retryStrategy: () => 50,
      maxRetriesPerRequest: null,
    }),
);

describe.skipIf(noCluster)(`a set on Kubernetes under traffic${noCluster}`, () => {
  const seen = new FaultTable();

  beforeAll(async () => {
    deployment = await KubernetesDeployment.create(set);
    // The access finds the cluster through this variable, as a command of a user does.
    vi.stubEnv("KUBECONFIG", deployment.cluster.kubeconfig);
    faults = new PodFaults(deployment);
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    deployed = await deployment.deployedSet();
    target = targetOf(deployed);
    access = await accessTo(deployed.topology);
    redisMaster = await deployment.ask("get", "service", "redis-master", "--output=jsonpath={.spec.clusterIP}");
    return () => deployment.dispose();
  });

  afterAll(() => seen.print());

  test.each(repeated(table))("stays within the limits for pauses and losses when $what", async (fault) => {
    const vantage = await enter(fault);
    try {
      const drilled = await DrilledSet.reach(target, { addressing: vantage.addressing, access });
      const result = await runDrill(drilled, fault, traffic);
      seen.add(fault.what, result);
      expectToHold(result, fault.holds);
    } finally {
      await vantage.leave();
    }
  });

  test("needs no change after all faults", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  });

  test("has no Sentinel that uses a full core because of an unread network error", async () => {
    await expect.poll(() => busiestSentinel(deployed), { timeout: 60_000, interval: 1000 }).toBeLessThan(0.08);
  });
});

/** Waits until the set is healthy, so that the master does not move, and records the master's machine. */
async function enter({ vantage }: FaultOnKubernetes): Promise<Vantage> {
  const drilled = await DrilledSet.reach(target, { access });
  await drilled.well();
  const master = await drilled.master();
  machine = (await deployment.ask("get", "pod", podOf(master.name), "--output=jsonpath={.spec.nodeName}")) as Node;
  await nodeBecomes(deployment.cluster, machine, true);
  return vantage?.(master) ?? besideControlPlane();
}

function anotherMachine(): Node {
  return machine === "node-1" ? "node-2" : "node-1";
}
