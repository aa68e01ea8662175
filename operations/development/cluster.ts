import { parseArgs } from "node:util";
import { runInForeground } from "../../toolchain/base/childProcess.mjs";
import { say } from "../../toolchain/base/steps.mjs";
import { prepareDocker } from "../../toolchain/docker/docker.ts";
import { bringUp, isUp, openCluster, takeDown } from "../../toolchain/kubernetes/cluster.ts";
import { loadFromDocker } from "../../toolchain/kubernetes/dockerImages.ts";
import { type FailingMachine, killMachine, partition, startAgain } from "../../toolchain/kubernetes/faults.ts";
import { kubectlCommand } from "../../toolchain/kubernetes/kubectl.ts";
import { inside, machinesOf } from "../../toolchain/kubernetes/machine.ts";
import { type Cluster, type ClusterName, kubeconfigOf, maxNodes, placeOf } from "../../toolchain/kubernetes/place.ts";
import { buildMinutes } from "../../toolchain/kubernetes/programs.ts";
import { clusterStatus } from "../../toolchain/kubernetes/status.ts";
import { printable } from "../../topology/settings/printable.ts";
import { defineCommand, exitCodes, UsageError } from "../command.ts";
import { loadSet } from "./clusterImages.ts";

export const command = defineCommand({
  name: "cluster",
  summary: "run a Kubernetes cluster on this machine, from programs that are built from upstream's sources",
  usage: `npm run cluster -- [--name NAME] COMMAND

For tests and experiments. Every node has its own kubelet and network, and can be cut off or killed. Needs root on
Debian, and no container registry. The first start builds the programs from Go modules, which takes about
${buildMinutes} minutes.

  up [--nodes N]          start the cluster, or add nodes to it (default: 1 node), and print the path of its kubeconfig
  down                    stop the cluster and remove everything of it but the cache of built programs
  status                  print the cluster's machines and nodes
  kubeconfig              print the path of the cluster's kubeconfig
  kubectl ARGUMENT ...    run the cluster's own kubectl
  load [IMAGE ...]        copy images of the local Docker engine to every node; without IMAGE, copy this project's local
                          images, which are built without Docker
  partition NODE on|off   cut a node off the network, or reconnect it
  kill-node NODE          stop a node at once, as a power failure does
  start-node NODE         start a killed node again, with its disk unchanged
  enter NODE [COMMAND ..] run a command, or a shell, in a node

NODE is node-1, node-2 ..., or control, the machine of the control plane.

  --name NAME  local: the cluster for your own use (default)
               test: the cluster that npm run test:kubernetes starts and removes`,
  options: {},
  passThrough: true,
  async run(_values, commandLine) {
    const { name, action, rest } = parse(commandLine);
    return actions[action](name, rest);
  },
});

/** An action on a cluster. Returns the exit code. */
type Action = (name: ClusterName, rest: readonly string[]) => Promise<number>;

const actions = {
  async up(name, rest) {
    const nodes = nodeCount(rest);
    const cluster = await openCluster(name);
    await bringUp(cluster, { nodes });
    console.log(kubeconfigOf(cluster.place));
    return exitCodes.success;
  },
  async down(name, rest) {
    refuseMore(rest);
    await takeDown(placeOf(name));
    return exitCodes.success;
  },
  async status(name, rest) {
    refuseMore(rest);
    const place = placeOf(name);
    if (!isUp(place)) {
      console.log(`the cluster ${name} is down`);
      return exitCodes.failure;
    }
    console.log(await clusterStatus(await openCluster(name)));
    return exitCodes.success;
  },
  async kubeconfig(name, rest) {
    refuseMore(rest);
    console.log(kubeconfigOf(placeOf(name)));
    return exitCodes.success;
  },
  async kubectl(name, rest) {
    return runInForeground(...kubectlCommand(await openCluster(name), ...rest));
  },
  async load(name, images) {
    const cluster = await openCluster(name);
    const skippedNodes =
      images.length === 0
        ? await loadSet(cluster)
        : await loadFromDocker(cluster, images, await prepareDocker(process.env));
    for (const node of skippedNodes) {
      say(`${node} is not running, so no image was copied to it`);
    }
    return exitCodes.success;
  },
  async partition(name, [node, ...rest]) {
    const cluster = await openCluster(name);
    const [state, ...more] = rest;
    refuseMore(more);
    if (state !== "on" && state !== "off") {
      throw new UsageError("partition takes a node, and on or off");
    }
    await partition(cluster, machineOf(cluster, node), state === "on");
    return exitCodes.success;
  },
  async "kill-node"(name, [node, ...rest]) {
    refuseMore(rest);
    const cluster = await openCluster(name);
    await killMachine(cluster, machineOf(cluster, node));
    return exitCodes.success;
  },
  async "start-node"(name, [node, ...rest]) {
    refuseMore(rest);
    const cluster = await openCluster(name);
    await startAgain(cluster, machineOf(cluster, node));
    return exitCodes.success;
  },
  async enter(name, [node, ...rest]) {
    const cluster = await openCluster(name);
    const shell = rest.length === 0 ? ["sh"] : rest;
    const [program, ...commandLine] = inside(cluster.place, machineOf(cluster, node), ...shell);
    return runInForeground(program, commandLine);
  },
} as const satisfies Record<string, Action>;

function parse(commandLine: readonly string[]): {
  name: ClusterName;
  action: keyof typeof actions;
  rest: readonly string[];
} {
  const hasName = commandLine[0] === "--name";
  const name = hasName ? commandLine[1] : "local";
  const [action, ...rest] = hasName ? commandLine.slice(2) : commandLine;
  if (name !== "local" && name !== "test") {
    throw new UsageError(`--name takes local or test, not ${printable(name ?? "")}`);
  }
  if (action === undefined || !isAction(action)) {
    const choices = `choose one of ${Object.keys(actions).join(", ")}`;
    throw new UsageError(
      action === undefined ? `an action is missing; ${choices}` : `unknown action ${printable(action)}; ${choices}`,
    );
  }
  return { name, action, rest };
}

function isAction(name: string): name is keyof typeof actions {
  return Object.hasOwn(actions, name);
}

function nodeCount(rest: readonly string[]): number {
  try {
    const { values } = parseArgs({ args: [...rest], options: { nodes: { type: "string", default: "1" } } });
    const nodes = Number(values.nodes);
    if (Number.isInteger(nodes) && nodes >= 1 && nodes <= maxNodes) {
      return nodes;
    }
    throw new UsageError(`--nodes takes a whole number from 1 to ${maxNodes}, not ${printable(values.nodes)}`);
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(printable(error.message, 300)) : error;
  }
}

function machineOf({ place }: Cluster, name: string | undefined): FailingMachine {
  const machines = machinesOf(place).filter((machine): machine is FailingMachine => machine !== "switch");
  const machine = machines.find((candidate) => candidate === name);
  if (machine === undefined) {
    const choices = machines.length === 0 ? "the cluster is down" : `choose one of ${machines.join(", ")}`;
    throw new UsageError(
      name === undefined ? `a node is missing; ${choices}` : `unknown node ${printable(name)}; ${choices}`,
    );
  }
  return machine;
}

function refuseMore(rest: readonly string[]): void {
  if (rest.length > 0) {
    throw new UsageError(`unexpected argument ${printable(rest.join(" "))}`);
  }
}
