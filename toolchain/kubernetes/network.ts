import { existsSync } from "node:fs";
import { runQuietly } from "../base/childProcess.mjs";
import { SetupError } from "../base/setupError.mjs";
import { until } from "../base/until.ts";
import { configureNetwork, mustRun, processOf, startMachine } from "./machine.ts";
import {
  addressOf,
  hostAddress,
  lastByte,
  type Machine,
  maxNodes,
  type Node,
  numberOf,
  type Place,
  podSubnet,
  subnetsOf,
} from "./place.ts";

/*
 * The switch is a machine with a bridge. The host and every other machine are connected to the bridge by a cable, which
 * is a veth pair. The host gets one interface, one route for Services and one route for the pods of each node. No
 * firewall rule of the host and no Docker network is changed.
 */

/**
 * Starts the switch and connects the host to it.
 *
 * @throws SetupError if the addresses of the cluster are in use on this machine
 */
export async function startSwitch(place: Place, programs: string): Promise<void> {
  await refuseTakenAddresses(place);
  await startMachine(place, "switch", programs);
  await configureNetwork(
    [
      "link add br0 type bridge forward_delay 0",
      "link set br0 up",
      `link add host type veth peer name ${place.link} netns ${process.pid}`,
      "link set host master br0 up",
    ],
    mustRun(place, "switch"),
  );
  await configureNetwork([
    `address add ${hostAddress(place)}/24 dev ${place.link}`,
    `link set ${place.link} up`,
    `route add ${place.serviceNetwork}.0.0/16 via ${addressOf(place, "control")}`,
  ]);
}

/** Connects a machine to the switch, and adds the host's route to its pods. */
export async function attach(place: Place, machine: Exclude<Machine, "switch">): Promise<void> {
  const process = mustRun(place, machine);
  const hardware = `02:00:0a:5a:00:${lastByte(machine).toString(16).padStart(2, "0")}`;
  await configureNetwork(
    [
      `link add ${machine} type veth peer name eth0 address ${hardware} netns ${process}`,
      `link set ${machine} master br0 up`,
    ],
    mustRun(place, "switch"),
  );
  const address = addressOf(place, machine);
  const nodes = Array.from({ length: maxNodes }, (_nothing, index): Node => `node-${index + 1}`);
  const others = nodes.filter((node) => node !== machine);
  await configureNetwork(
    [
      `address add ${address}/24 dev eth0`,
      "link set eth0 up",
      ...others.map((node) => `route add ${podSubnet(place, numberOf(node))} via ${addressOf(place, node)}`),
      // Some programs find the address of their machine through the default route.
      `route add default via ${hostAddress(place)}`,
    ],
    process,
  );
  if (machine !== "control") {
    await configureNetwork([`route replace ${podSubnet(place, numberOf(machine))} via ${address}`]);
  }
}

/** Disconnects a machine's cable from the switch, or connects it again. */
export async function setConnected(place: Place, machine: Machine, connected: boolean): Promise<void> {
  const link = connected ? `link set ${machine} master br0` : `link set ${machine} nomaster`;
  await configureNetwork([link], mustRun(place, "switch"));
}

export async function isConnected(place: Place, machine: Machine): Promise<boolean> {
  return (await describeLink(place, machine)).includes("master br0");
}

/** Waits until the kernel has removed the cable of a machine that has ended. */
export async function cableRemoved(place: Place, machine: Machine): Promise<void> {
  await until(async () => (await describeLink(place, machine)) === "", {
    timeout: 60_000,
    failure: () => new Error(`the interface of ${machine} in the switch was not removed`),
  });
}

/** Waits until the kernel has removed the interface of the host, with its routes, after the switch has ended. */
export async function hostReleased(place: Place): Promise<void> {
  await until(() => !existsSync(`/sys/class/net/${place.link}`), {
    timeout: 10_000,
    despiteInterruption: true,
    failure: () => new Error(`the interface ${place.link} was not removed`),
  });
}

async function refuseTakenAddresses(place: Place): Promise<void> {
  for (const subnet of subnetsOf(place)) {
    const routes = await runQuietly("ip", ["-4", "route", "show", "to", "root", subnet]);
    if (routes.trim() !== "") {
      throw new SetupError(
        `this machine already has a route into ${subnet}, which the cluster needs: ${routes.trim()}`,
        "remove the network of that route (for a Docker network: docker network rm)",
      );
    }
  }
}

/** Returns what `ip link` reports about the cable of a machine; empty if there is no cable. */
async function describeLink(place: Place, machine: Machine): Promise<string> {
  const switchProcess = processOf(place, "switch");
  if (switchProcess === undefined) {
    return "";
  }
  const links = await runQuietly("nsenter", [
    "--target",
    String(switchProcess),
    "--net",
    "--",
    "ip",
    "-oneline",
    "link",
  ]);
  return links.split("\n").find((line) => line.includes(` ${machine}@`)) ?? "";
}
