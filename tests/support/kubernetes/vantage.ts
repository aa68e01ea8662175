import { Addressing } from "../../../redis/addressing.ts";
import { configureNetwork, mustRun } from "../../../toolchain/kubernetes/machine.ts";
import { addressOf, type Cluster, type Node } from "../../../toolchain/kubernetes/place.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../../../topology/topology.ts";

/**
 * Where the applications of a drill are. They go to the addresses of Services, as applications in the cluster do; what
 * differs is the machine whose kube-proxy leads them on, and so what they notice when a machine goes.
 */
export interface Vantage {
  readonly addressing: Addressing;
  /** Takes back what was laid for it on this machine. */
  leave(): Promise<void>;
}

/** The machine of the control plane, to which this machine's route to Services leads anyway. It runs no pod of a set. */
export async function besideControlPlane(): Promise<Vantage> {
  return { addressing: new Addressing("inside"), leave: async () => undefined };
}

/** A machine of the cluster that runs pods. */
export async function beside({ place }: Cluster, machine: Node): Promise<Vantage> {
  // Each half has precedence over the whole, which stays where it is.
  const halves = [`${place.serviceNetwork}.0.0/17`, `${place.serviceNetwork}.128.0/17`];
  await configureNetwork(halves.map((half) => `route add ${half} via ${addressOf(place, machine)}`));
  return {
    addressing: new Addressing("inside"),
    leave: () => configureNetwork(halves.map((half) => `route delete ${half}`)),
  };
}

/**
 * Both sides of a cut: who is told the address of the node's Service is outside with the others, and who looks for that
 * node itself is on its machine. A second cable leads from this machine to that one, and to its pod's own address.
 *
 * @param podAddress of the node's pod
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
    `link add ${secondCable} type veth peer name ${secondCable} netns ${process}`,
    `address add ${here}/30 dev ${secondCable}`,
    `link set ${secondCable} up`,
  ]);
  await configureNetwork([`address add ${there}/30 dev ${secondCable}`, `link set ${secondCable} up`], process);
  await configureNetwork([`route add ${podAddress} via ${there} dev ${secondCable}`]);
  return {
    addressing: new AddressingToPod(node, { host: podAddress, port: node.endpoint.port }),
    leave: () => configureNetwork([`link delete ${secondCable}`]),
  };
}

const secondCable = "redis-ha-side";

/** Sentinels are believed: the address that they name is used as it is, also where it is this node's. */
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
