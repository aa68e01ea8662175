import { CheckFailure, type Finding } from "../../checks/check.ts";
import { type Passage, Route } from "../../redis/addressing.ts";
import { formatEndpoint } from "../../topology/endpoint.ts";
import { guardedParts, nodesOf } from "../../topology/nodes.ts";
import type { Endpoint, KubernetesPlan, NodePlan, Topology } from "../../topology/topology.ts";
import { Cluster } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";
import { NODE } from "./labels.ts";
import { isRunning, podsOf, Troubles } from "./pods.ts";
import { PortForward } from "./portForward.ts";

/** Milliseconds for pods to be scheduled, to get their volumes and images, and to start. */
const PATIENCE = 300_000;

/**
 * Milliseconds. A look asks the API server for every pod, and a connection that is refused has gone through it, the
 * machine's kubelet and its container runtime: at 20 a second pods of a small cluster start markedly later.
 */
const INTERVAL = 250;

/** The way into a set on Kubernetes: a forwarded port for each node. Nothing but the API server has to be reachable. */
export function kubernetesPassage(topology: Topology, plan: KubernetesPlan): Passage {
  // Without Commander the set is reachable, and is what it is for.
  const nodes = nodesOf(topology).filter(({ name }) => name !== topology.commander?.name);
  let firstAsked: number | undefined;
  return {
    patience: PATIENCE,
    interval: INTERVAL,
    openAnyway: async () => {
      try {
        return await ForwardedRoute.open(Cluster.connect(plan.context), plan.namespace, topology);
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
        if (findings.length > 0) {
          throw new CheckFailure(findings);
        }
        return await ForwardedRoute.open(cluster, plan.namespace, topology);
      } catch (error) {
        throw error instanceof ClusterError ? unanswered(error) : error;
      }
    },
  };
}

/** Every port of every node; those behind the login proxy by its ports, since they answer nothing else. */
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

/** A refusal lasts; silence may end. */
function unanswered({ message, status }: ClusterError): CheckFailure {
  return new CheckFailure([{ problem: message, lookAt: "kubectl cluster-info", lasting: status !== undefined }]);
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
    const lookAt = `kubectl describe pods -n ${namespace} -l ${NODE}=${name}`;
    return trouble === undefined
      ? []
      : [{ problem: `${name} does not run: ${trouble.words}`, lookAt, lasting: trouble.hopeless }];
  });
}

/** Every node at ports of this machine's own. */
class ForwardedRoute extends Route {
  readonly #namespace: string;
  /** By the address and port inside. */
  readonly #forwards: ReadonlyMap<string, PortForward>;

  private constructor(namespace: string, forwards: ReadonlyMap<string, PortForward>) {
    super("forwarded");
    this.#namespace = namespace;
    this.#forwards = forwards;
  }

  static async open(cluster: Cluster, namespace: string, topology: Topology): Promise<Route> {
    const opened = listenersOf(topology).map(async ({ name, endpoint }) => {
      // Asked for each connection: a pod that is made anew has another name, or is another one of the same name.
      const podName = async () => (await podsOf(cluster, namespace, topology.name)).get(name)?.metadata?.name;
      return [formatEndpoint(endpoint), await PortForward.open(cluster, namespace, podName, endpoint.port)] as const;
    });
    return new ForwardedRoute(namespace, new Map(await Promise.all(opened)));
  }

  override endpoint({ endpoint }: NodePlan): Endpoint {
    const forward = this.#forwards.get(formatEndpoint(endpoint));
    if (forward === undefined) {
      throw new Error(`${formatEndpoint(endpoint)} is no port of the set that the way was opened to`);
    }
    return forward.local;
  }

  override command(node: NodePlan, question: string): string {
    return `kubectl exec -it -n ${this.#namespace} ${node.name}-0 -- redis-cli -p ${node.endpoint.port} --askpass ${question}`;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.#forwards.values()].map((forward) => forward.close()));
  }
}
