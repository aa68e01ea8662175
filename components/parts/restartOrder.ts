import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host, Placement, Workload } from "../../hosts/workload.ts";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";
import { readinessGate } from "./readinessGate.ts";
import { shouldAwaitReadiness } from "./shouldAwaitReadiness.ts";

/**
 * Restarts data nodes one at a time, each only when the previous one is in sync. Replicas come first and the current master
 * last, so that there is one switchover.
 *
 * The update asks which node is the master. A preview uses the order of the ordinals, so its output does not depend on the
 * roles. A changed order alone changes no node: the engine only records the new dependencies.
 */
export class RestartOrder {
  readonly #topology: Topology;
  readonly #password: pulumi.Output<string>;
  readonly #host: Host;
  readonly #order: Promise<readonly DataNodePlan[]>;
  readonly #resources: ReadonlyMap<string, PromiseWithResolvers<pulumi.Resource>>;

  /** @param nodes those that take turns; every one of them has to be declared @default all data nodes */
  constructor(topology: Topology, password: pulumi.Output<string>, host: Host, nodes = topology.dataNodes) {
    this.#topology = topology;
    this.#password = password;
    this.#host = host;
    this.#order = pulumi.runtime.isDryRun() ? Promise.resolve(nodes) : this.#orderOfTheMoment(nodes);
    this.#resources = new Map(nodes.map(({ name }) => [name, Promise.withResolvers()]));
  }

  /** Declares a data node in its turn. */
  declare(node: DataNodePlan, workload: Workload, placement: Placement): DeclaredWorkload {
    const running = this.#host.run(workload, { ...placement, after: this.#before(node, placement.after) });
    const declared = readinessGate(this.#host, running, placement, {
      shouldWait: shouldAwaitReadiness(this.#topology, this.#password, this.#host, node),
      onReady: () => this.#stopLeavingReplicas(node, placement.parent),
    });
    this.#resources.get(node.name)?.resolve(declared.resource);
    return declared;
  }

  /** The node before it; for the first one, what all have to come after. */
  async #before({ name }: DataNodePlan, first: Placement["after"]): Promise<readonly pulumi.Resource[]> {
    const order = await this.#order;
    const previous = order[order.findIndex((node) => node.name === name) - 1];
    const resource = await this.#resources.get(previous?.name ?? "")?.promise;
    return resource === undefined ? first : [resource];
  }

  /**
   * Before the last turn, which is the master's, replicas that have left the plan are stopped: it must not hand over to
   * one of them, which would have to hand over again. Not sooner: until then they stand in for those that restart.
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

  async #orderOfTheMoment(nodes: readonly DataNodePlan[]): Promise<readonly DataNodePlan[]> {
    const password = await knownValue(this.#password);
    const { observeNodes } = await import("../../rollout/observeNodes.ts");
    const { restartOrder } = await import("../../rollout/restartOrder.ts");
    // Where a host does not answer nothing of the set does; what is declared on it then fails in the host's words.
    const existing = () => this.#host.existing().catch(() => []);
    return restartOrder(nodes, await observeNodes(this.#topology, password, existing, nodes));
  }
}
