import { Addressing } from "../../../redis/addressing.ts";
import { configureNetwork, mustRun } from "../../../toolchain/kubernetes/machine.ts";
import { addressOf, type Cluster, type Node } from "../../../toolchain/kubernetes/place.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../../../topology/topology.ts";

/**
 * The network location of a drill's applications. They connect to the addresses of Services, as applications in the
 * cluster do. Locations differ in the machine whose kube-proxy routes them, and so in what they notice when a machine
 * is lost.
 */
export interface Vantage {
  readonly addressing: Addressing;
  /** Removes the routes and links that were added on this machine. */
  leave(): Promise<void>;
}

/** On the machine of the control plane, to which this machine routes Services anyway. It runs no pod of a set. */
export async function besideControlPlane(): Promise<Vantage> {
  return { addressing: new Addressing("inside"), leave: async () => undefined };
}

/** On a machine of the cluster that runs pods. */
export async function beside({ place }: Cluster, machine: Node): Promise<Vantage> {
  // The routes to both halves of the network take precedence over the existing route to the whole network.
  const halves = [`${place.serviceNetwork}.0.0/17`, `${place.serviceNetwork}.128.0/17`];
  await configureNetwork(halves.map((half) => `route add ${half} via ${addressOf(place, machine)}`));
  return {
    addressing: new Addressing("inside"),
    leave: () => configureNetwork(halves.map((half) => `route delete ${half}`)),
  };
}

/**
 * On both sides of a network partition. Clients that use the address of the node's Service are outside, with the other
 * nodes. Clients that connect to the node itself are on its machine: a second link connects this machine to that one,
 * and so to the pod's own address.
 *
 * @param podAddress the address of the node's pod
 */
export async function onBothSides(
  { place }: Cluster,
  machine: Node,
  node: DataNodePlan,
  podAddress: string,
): Promise<Vantage> {
  const [here, there] = ["169.254.92.1", "169.254.92.2"];
  const process = mustRun(place, machine);
  await configureNetwork([
    `link add ${secondLink} type veth peer name ${secondLink} netns ${process}`,
    `address add ${here}/30 dev ${secondLink}`,
    `link set ${secondLink} up`,
  ]);
  await configureNetwork([`address add ${there}/30 dev ${secondLink}`, `link set ${secondLink} up`], process);
  await configureNetwork([`route add ${podAddress} via ${there} dev ${secondLink}`]);
  return {
    addressing: new AddressingToPod(node, { host: podAddress, port: node.endpoint.port }),
    leave: () => configureNetwork([`link delete ${secondLink}`]),
  };
}

const secondLink = "redis-ha-side";

/** Reaches one node by its pod's address. Addresses that Sentinels name are used unchanged, even for this node. */
class AddressingToPod extends Addressing {
  readonly #node: string;
  readonly #pod: Endpoint;

  constructor({ name }: NodePlan, pod: Endpoint) {
    super("inside");
    this.#node = name;
    this.#pod = pod;
  }

  override endpoint(node: NodePlan): Endpoint {
    return node.name === this.#node ? this.#pod : super.endpoint(node);
  }
}
