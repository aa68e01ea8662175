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
/** On which the pod of the master was when the drill began. */
let machine: Node;

interface FaultOnKubernetes extends Fault {
  /** @default the machine of the control plane */
  readonly vantage?: (master: DataNodePlan) => Promise<Vantage>;
}

/**
 * Bounds are those of Docker, where the machine lets them be. "Well again" has the time in it that Kubernetes takes to
 * make a pod or to boot a machine, all of them on the cores that the clients use too. A plain client whose gateway went
 * with a machine notices that after its own time limit of 2 s.
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
    what: "the master hands over",
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
    // Its volume is on that machine, so the pod comes back there only.
    recover: () => deployment.ask("uncordon", machine),
    holds: { ...nothing, pause: 4000, well: 30_000 },
  },
  {
    what: "the master's process dies, and the kubelet starts it again",
    inject: (master) => faults.crash(master),
    servedBy: "another node",
    limit: 10_000,
    holds: { ...oneTurn, pause: 6000, well: 20_000, gatewayFollows: 1000 },
  },
  {
    what: "the master is frozen, and thaws",
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
 * A plain client in the cluster. Without a limit for answers it would not notice that a machine took its gateway along;
 * and since that gateway stays behind the Service until the machine is NotReady, every other connection goes nowhere,
 * and must be given up soon and tried again at once.
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
    // By it the access finds the cluster, as a command of a user does.
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

  test.each(repeated(table))("$what", async (fault) => {
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

  test("has nothing to change after all that", async () => {
    const { exitCode, output } = await deployment.up();
    expect(exitCode, output).toBe(0);
    expect(resources(output), output).toEqual([expect.stringMatching(nothingChanged)]);
  });

  test("leaves no Sentinel that burns a core for a network error it never reads", async () => {
    await expect.poll(() => busiestSentinel(deployed), { timeout: 60_000, interval: 1000 }).toBeLessThan(0.08);
  });
});

/** Waits until the set is well, so that the master stays where it is, and notes on which machine that is. */
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
