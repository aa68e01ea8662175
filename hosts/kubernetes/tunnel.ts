import { formatEndpoint } from "../../topology/endpoint.ts";
import type { Finding } from "../../topology/finding.ts";
import { guardedParts, nodesOf } from "../../topology/nodes.ts";
import type { Endpoint, KubernetesPlan, NodePlan, Topology } from "../../topology/topology.ts";
import type { Obstacles, Tunnel, TunnelOpener } from "../../topology/tunnel.ts";
import { Cluster } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";
import { nodeLabel } from "./labels.ts";
import { isRunning, podsOf, Troubles } from "./pods.ts";
import { PortForward } from "./portForward.ts";

/** Milliseconds within which pods must be scheduled, get their volumes and images, and start. */
const startTimeout = 300_000;

/**
 * Milliseconds between two attempts. Each attempt requests every pod from the API server, and even a refused connection
 * passes through the API server, the kubelet and the container runtime. With 20 attempts per second, the pods of a
 * small cluster start noticeably later.
 */
const checkInterval = 250;

/** Opens forwarded ports to the nodes of a set on Kubernetes. Only the API server has to be reachable. */
export function kubernetesTunnel(topology: Topology, plan: KubernetesPlan): TunnelOpener {
  // The set works without Commander, and verification reports a missing Commander as a warning.
  const nodes = nodesOf(topology).filter(({ name }) => name !== topology.commander?.name);
  let firstAsked: number | undefined;
  return {
    timeout: startTimeout,
    interval: checkInterval,
    openUnchecked: async () => {
      try {
        return await PortForwards.open(Cluster.connect(plan.context), plan.namespace, topology);
      } catch (error) {
        if (error instanceof ClusterError) {
          return undefined;
        }
        throw error;
      }
    },
    open: async () => {
      try {
        firstAsked ??= Date.now();
        const cluster = Cluster.connect(plan.context);
        const findings = await obstacles(cluster, plan.namespace, topology.name, nodes, Date.now() - firstAsked);
        return findings.length > 0 ? { findings } : await PortForwards.open(cluster, plan.namespace, topology);
      } catch (error) {
        if (error instanceof ClusterError) {
          return unanswered(error);
        }
        throw error;
      }
    },
  };
}

/**
 * Lists every port of every node. Parts behind the login proxy are listed with the proxy's ports, which lead to them.
 */
function listenersOf(topology: Topology): readonly { readonly name: string; readonly endpoint: Endpoint }[] {
  const { dataNodes, sentinels, gateways, loginProxy } = topology;
  const guarded = guardedParts(topology).map(({ access: { endpoint } }) => endpoint);
  return [
    ...dataNodes,
    ...sentinels,
    ...gateways,
    ...(loginProxy === undefined ? [] : guarded.map((endpoint) => ({ name: loginProxy.name, endpoint }))),
    ...gateways.flatMap(({ name, reads, statistics }) => [
      { name, endpoint: reads.endpoint },
      { name, endpoint: statistics.endpoint },
    ]),
  ];
}

/** A refusal of the API server is permanent. A missing answer may be temporary. */
function unanswered({ message, status }: ClusterError): Obstacles {
  return { findings: [{ problem: message, lookAt: "kubectl cluster-info", permanent: status !== undefined }] };
}

async function obstacles(
  cluster: Cluster,
  namespace: string,
  set: string,
  nodes: readonly NodePlan[],
  waited: number,
): Promise<readonly Finding[]> {
  const pods = await podsOf(cluster, namespace, set);
  if (nodes.every(({ name }) => isRunning(pods.get(name)))) {
    return [];
  }
  const troubles = await Troubles.in(cluster, namespace, waited);
  return nodes.flatMap(({ name }): readonly Finding[] => {
    const trouble = troubles.of(name, pods.get(name));
    const lookAt = `kubectl describe pods -n ${namespace} -l ${nodeLabel}=${name}`;
    return trouble === undefined
      ? []
      : [{ problem: `${name} does not run: ${trouble.words}`, lookAt, permanent: trouble.permanent }];
  });
}

/** A local port for every port of every node. */
class PortForwards implements Tunnel {
  readonly #namespace: string;
  /** The local ports by the inside address and port. */
  readonly #forwards: ReadonlyMap<string, PortForward>;

  private constructor(namespace: string, forwards: ReadonlyMap<string, PortForward>) {
    this.#namespace = namespace;
    this.#forwards = forwards;
  }

  static async open(cluster: Cluster, namespace: string, topology: Topology): Promise<Tunnel> {
    const opened = listenersOf(topology).map(async ({ name, endpoint }) => {
      // Called for each connection, because a replacement pod may have another name.
      const podName = async () => (await podsOf(cluster, namespace, topology.name)).get(name)?.metadata?.name;
      return [formatEndpoint(endpoint), await PortForward.open(cluster, namespace, podName, endpoint.port)] as const;
    });
    return new PortForwards(namespace, new Map(await Promise.all(opened)));
  }

  endpoint(inside: Endpoint): Endpoint {
    const forward = this.#forwards.get(formatEndpoint(inside));
    if (forward === undefined) {
      throw new Error(`the tunnel has no forwarded port for ${formatEndpoint(inside)}`);
    }
    return forward.local;
  }

  inside(node: string): string {
    return `kubectl exec -it -n ${this.#namespace} ${node}-0 --`;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#forwards.values()].map((forward) => forward.close()));
  }
}
