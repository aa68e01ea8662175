import * as pulumi from "@pulumi/pulumi";
import type { KubernetesPlan } from "../../topology/topology.ts";
import { readinessDeadline } from "../readiness.ts";
import type { Workload } from "../workload.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import type { Owner } from "./ownership.ts";

/** The properties of a host that its hooks need. */
export interface HookScope {
  /** The prefix of the hooks' names. */
  readonly name: string;
  /** The set's name. */
  readonly set: string;
  /** The stack as `organization/project/stack`. */
  readonly stack: string;
  /** The identity of the state. */
  readonly identity: pulumi.Input<string>;
  readonly nodes: readonly FixedAddress[];
  readonly plan: KubernetesPlan;
  /** The resource with which progress lines are shown. */
  readonly resource: pulumi.Resource;
}

/**
 * The hooks by which an update queries and changes the cluster, in addition to the provider. A hook loads its
 * dependencies only when it runs, because an update without changes needs no client of the cluster.
 */
export class Hooks {
  readonly #scope: HookScope;
  readonly #created = new Set<string>();

  constructor(scope: HookScope) {
    this.#scope = scope;
  }

  /** @throws ClusterError */
  async cluster(): Promise<Cluster> {
    const { Cluster } = await import("./cluster.ts");
    return Cluster.connect(this.#scope.plan.context);
  }

  /**
   * Checks the cluster before an update that changes the plan for it.
   *
   * @param elsewhere why the cluster is not the one on which the set runs; undefined if it is
   */
  preflight(elsewhere: pulumi.Output<string | undefined>): pulumi.ResourceHookBinding {
    const { nodes, plan } = this.#scope;
    const check = (name: string, isFirstDeployment: boolean) =>
      this.#hook(name, async () => {
        const { preflight } = await import("./preflight.ts");
        const reason = await knownValue(elsewhere);
        if (reason !== undefined) {
          throw new Error(reason);
        }
        await preflight(await this.cluster(), plan, nodes, await this.#owner(isFirstDeployment));
      });
    return { beforeCreate: [check("first-preflight", true)], beforeUpdate: [check("preflight", false)] };
  }

  /**
   * Refuses an existing namespace that the state does not own. The provider would adopt the namespace, and `down` would
   * delete it with all objects of others in it.
   */
  ownNamespace(): pulumi.ResourceHookBinding {
    const { plan } = this.#scope;
    const check = this.#hook("namespace", async () => {
      const { requireOwnNamespace } = await import("./preflight.ts");
      await requireOwnNamespace(await this.cluster(), plan.namespace, await this.#owner(true));
    });
    return { beforeCreate: [check] };
  }

  /** Fails if the cluster does not answer, so that only the identity of an answering cluster is recorded. */
  answeringCluster(): pulumi.ResourceHookBinding {
    const check = this.#hook("cluster-answers", async () => {
      await (await this.cluster()).uid();
    });
    return { beforeCreate: [check] };
  }

  /** The identity of the cluster that answers; empty if it is not known. */
  async clusterIdentity(): Promise<string> {
    const { clusterIdentity } = await import("./sameCluster.ts");
    return clusterIdentity(() => this.cluster());
  }

  /**
   * Remembers a workload that this update creates, and resizes a volume that already exists. This happens before the
   * workload is created or changed, and so before a pod restarts.
   */
  workload({ name, volume }: Workload): pulumi.ResourceHookBinding {
    const remember = this.#hook(`${name}-new`, async () => void this.#created.add(name));
    if (volume === undefined) {
      return { beforeCreate: [remember] };
    }
    const resize = this.#hook(`${name}-volume`, async () => {
      const { fitVolume } = await import("./volumes.ts");
      await fitVolume(await this.cluster(), this.#scope.plan.namespace, name, volume.size);
    });
    return { beforeCreate: [remember, resize], beforeUpdate: [resize] };
  }

  /** Returns true if the current update creates the workload. */
  isNew(name: string): boolean {
    return this.#created.has(name);
  }

  /** @throws NotReadyError with Kubernetes' message */
  async awaitReadiness(node: string, kind: ScaledKind, signal: AbortSignal): Promise<void> {
    const { plan, set, resource } = this.#scope;
    const { awaitReadiness } = await import("./readiness.ts");
    await awaitReadiness(await this.cluster(), {
      namespace: plan.namespace,
      set,
      node,
      kind,
      deadline: readinessDeadline,
      progress: (line) => void pulumi.log.info(line, resource),
      signal,
    });
  }

  async #owner(isFirstDeployment: boolean): Promise<Owner> {
    const { stack, identity } = this.#scope;
    return {
      stack,
      isFirstDeployment,
      identity: await knownValue(pulumi.output(identity)),
    };
  }

  #hook(name: string, work: () => Promise<void>): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.#scope.name}-${name}`, work);
  }
}

/** Returns the value of an output that is known by the time hooks run. */
function knownValue<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as Value));
  });
}
