import { changing } from "./changing.ts";
import { startControlPlane } from "./controlPlane.ts";
import { processOf, stopMachine } from "./machine.ts";
import { cableGone, setConnected } from "./network.ts";
import { joinNode, prepareNode } from "./node.ts";
import { patienceOf } from "./patience.ts";
import type { Cluster, Machine } from "./place.ts";

/** A machine that can fail. The switch is what makes them one cluster. */
export type FailingMachine = Exclude<Machine, "switch">;

/** Pulls a machine's plug: everything in it ends at once, and only its disk stays. */
export async function killMachine({ place }: Cluster, machine: FailingMachine): Promise<void> {
  await changing(place, `ending ${machine}`, async () => {
    await stopMachine(place, machine);
    await cableGone(place, machine);
  });
}

/** Starts a machine again, with its disk as it was. Does nothing when it runs. */
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

/** Cuts a machine off the network, or joins it again; what runs on it goes on. */
export async function partition({ place }: Cluster, machine: FailingMachine, cutOff: boolean): Promise<void> {
  await setConnected(place, machine, !cutOff);
}
