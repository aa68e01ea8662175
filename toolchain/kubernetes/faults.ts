import { changing } from "./changing.ts";
import { startControlPlane } from "./controlPlane.ts";
import { processOf, stopMachine } from "./machine.ts";
import { cableRemoved, setConnected } from "./network.ts";
import { joinNode, prepareNode } from "./node.ts";
import { patienceOf } from "./patience.ts";
import type { Cluster, Machine } from "./place.ts";

/** A machine that tests can stop or disconnect. The switch connects the machines, so it is not one of them. */
export type FailingMachine = Exclude<Machine, "switch">;

/** Simulates a power failure of a machine: kills all of its processes at once and keeps only its disk. */
export async function killMachine({ place }: Cluster, machine: FailingMachine): Promise<void> {
  await changing(place, `stopping ${machine}`, async () => {
    await stopMachine(place, machine);
    await cableRemoved(place, machine);
  });
}

/** Starts a machine again with its old disk. Does nothing if the machine runs. */
export async function startAgain(cluster: Cluster, machine: FailingMachine): Promise<void> {
  await changing(cluster.place, `starting ${machine}`, async () => {
    if (processOf(cluster.place, machine) !== undefined) {
      return;
    }
    if (machine === "control") {
      await startControlPlane(cluster, patienceOf(cluster.place));
    } else {
      await prepareNode(cluster, machine);
      await joinNode(cluster, machine);
    }
  });
}

/** Disconnects a machine from the network, or connects it again. Its programs keep running. */
export async function partition({ place }: Cluster, machine: FailingMachine, cutOff: boolean): Promise<void> {
  await setConnected(place, machine, !cutOff);
}
