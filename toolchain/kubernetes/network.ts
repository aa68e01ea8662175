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
 * The switch is a machine with a bridge. Every other machine has a cable to it, and so has the host: one interface,
 * one route for Services and one for each node's pods. The host gets no rule of a firewall, and Docker's networks are
 * left alone.
 */

/**
 * Starts the switch and connects the host to it.
 *
 * @throws SetupError the cluster's addresses are in use here
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

/** Lays a machine's cable, and the host's way to its pods. */
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
      // Programs that look for "the" address look at the default route.
      `route add default via ${hostAddress(place)}`,
    ],
    process,
  );
  if (machine !== "control") {
    await configureNetwork([`route replace ${podSubnet(place, numberOf(machine))} via ${address}`]);
  }
}

/** Pulls a machine's cable out of the switch, or puts it back. */
export async function setConnected(place: Place, machine: Machine, connected: boolean): Promise<void> {
  const link = connected ? `link set ${machine} master br0` : `link set ${machine} nomaster`;
  await configureNetwork([link], mustRun(place, "switch"));
}

export async function isConnected(place: Place, machine: Machine): Promise<boolean> {
  return (await describeLink(place, machine)).includes("master br0");
}

/** Returns when the cable of a machine that has ended has gone with it, a moment later. */
export async function cableGone(place: Place, machine: Machine): Promise<void> {
  await until(async () => (await describeLink(place, machine)) === "", {
    timeout: 60_000,
    failure: () => new Error(`the cable of ${machine} does not go away`),
  });
}

/** Returns when the host's interface has gone with the switch, and so the routes. */
export async function hostReleased(place: Place): Promise<void> {
  await until(() => !existsSync(`/sys/class/net/${place.link}`), {
    timeout: 10_000,
    despiteInterruption: true,
    failure: () => new Error(`the interface ${place.link} does not go away`),
  });
}

async function refuseTakenAddresses(place: Place): Promise<void> {
  for (const subnet of subnetsOf(place)) {
    const routes = await runQuietly("ip", ["-4", "route", "show", "to", "root", subnet]);
    if (routes.trim() !== "") {
      throw new SetupError(
        `this machine already has a route into ${subnet}, which the cluster needs: ${routes.trim()}`,
        "remove the network that it belongs to (for one of Docker's: docker network rm)",
      );
    }
  }
}

/** Empty when there is no such cable. */
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
