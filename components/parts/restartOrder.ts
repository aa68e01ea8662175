import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Placement, Workload } from "../../hosts/workload.ts";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";
import { readinessGate } from "./readinessGate.ts";
import { shouldAwaitReadiness } from "./shouldAwaitReadiness.ts";

/**
 * The rollout order of data nodes. They restart one at a time, each only after the previous one is in sync. Replicas
 * come first and the current master comes last, so that an update needs only one switchover.
 *
 * An update asks the nodes which one is the master. A preview uses the order of the ordinals, so that its output does
 * not depend on the roles. A different order alone changes no node: the engine only records the new dependencies.
 */
export class RestartOrder {
  readonly #topology: Topology;
  readonly #password: pulumi.Output<string>;
  readonly #host: Host;
  readonly #order: Promise<readonly DataNodePlan[]>;
  readonly #resources: ReadonlyMap<string, PromiseWithResolvers<pulumi.Resource>>;

  /** @param nodes the nodes to order. Each of them must be declared @default all data nodes */
  constructor(topology: Topology, password: pulumi.Output<string>, host: Host, nodes = topology.dataNodes) {
    this.#topology = topology;
    this.#password = password;
    this.#host = host;
    this.#order = pulumi.runtime.isDryRun() ? Promise.resolve(nodes) : this.#currentOrder(nodes);
    this.#resources = new Map(nodes.map(({ name }) => [name, Promise.withResolvers()]));
  }

  /** Declares a data node at its position in the order. */
  declare(node: DataNodePlan, workload: Workload, placement: Placement): DeclaredWorkload {
    const running = this.#host.run(workload, { ...placement, after: this.#before(node, placement.after) });
    const declared = readinessGate(this.#host, running, placement, {
      shouldWait: shouldAwaitReadiness(this.#topology, this.#password, this.#host, node),
      onReady: () => this.#stopLeavingReplicas(node, placement.parent),
    });
    this.#resources.get(node.name)?.resolve(declared.resource);
    return declared;
  }

  /** The resources that a node depends on: the previous node, or `first` for the first node. */
  async #before({ name }: DataNodePlan, first: Placement["after"]): Promise<readonly pulumi.Resource[]> {
    const order = await this.#order;
    const previous = order[order.findIndex((node) => node.name === name) - 1];
    const resource = await this.#resources.get(previous?.name ?? "")?.promise;
    return resource === undefined ? first : [resource];
  }

  /**
   * Stops replicas that are no longer planned, immediately before the last node in the order, the master, restarts. Its
   * switchover must not promote one of them, since this would cause a second switchover. They are not stopped earlier,
   * because until then they replace the replicas that restart.
   */
  async #stopLeavingReplicas({ name }: DataNodePlan, parent: pulumi.Resource): Promise<void> {
    const order = await this.#order;
    if (order.at(-2)?.name === name) {
      const { stopLeavingReplicas } = await import("../../rollout/decommission.ts");
      const { observeNodes } = await import("../../rollout/observeNodes.ts");
      const existing = await this.#host.existing();
      const now = await observeNodes(this.#topology, await knownValue(this.#password), async () => existing, order);
      await stopLeavingReplicas(now, existing, (line) => void pulumi.log.info(line, parent));
    }
  }

  async #currentOrder(nodes: readonly DataNodePlan[]): Promise<readonly DataNodePlan[]> {
    const password = await knownValue(this.#password);
    const { observeNodes } = await import("../../rollout/observeNodes.ts");
    const { restartOrder } = await import("../../rollout/restartOrder.ts");
    // If the host does not answer, its nodes do not either. Declaring a workload then fails with the host's error.
    const existing = () => this.#host.existing().catch(() => []);
    return restartOrder(nodes, await observeNodes(this.#topology, password, existing, nodes));
  }
}
