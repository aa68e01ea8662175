import * as pulumi from "@pulumi/pulumi";
import type { KubernetesPlan } from "../../topology/topology.ts";
import { READINESS_DEADLINE } from "../readiness.ts";
import type { Workload } from "../workload.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import type { Owner } from "./ownership.ts";

/** What hooks know of their host. */
export interface HookScope {
  /** The hooks' names begin with it. */
  readonly name: string;
  /** The set's name. */
  readonly set: string;
  /** As `organization/project/stack`. */
  readonly stack: string;
  /** Of the state. */
  readonly identity: pulumi.Input<string>;
  readonly nodes: readonly FixedAddress[];
  readonly plan: KubernetesPlan;
  /** Progress lines are shown with it. */
  readonly resource: pulumi.Resource;
}

/**
 * What an update asks of the cluster beside making objects. Only a hook that runs loads what it needs: an update without
 * change wants no client of its own.
 */
export class Hooks {
  readonly #scope: HookScope;
  readonly #made = new Set<string>();

  constructor(scope: HookScope) {
    this.#scope = scope;
  }

  /** @throws ClusterError */
  async cluster(): Promise<Cluster> {
    const { Cluster } = await import("./cluster.ts");
    return Cluster.connect(this.#scope.plan.context);
  }

  /**
   * Looks at the cluster whenever something else is wanted of it, before that is made.
   *
   * @param elsewhere why the cluster is not the one that the set is on
   */
  preflight(elsewhere: pulumi.Output<string | undefined>): pulumi.ResourceHookBinding {
    const { nodes, plan } = this.#scope;
    const look = (name: string, newcomer: boolean) =>
      this.#hook(name, async () => {
        const { preflight } = await import("./preflight.ts");
        const reason = await knownValue(elsewhere);
        if (reason !== undefined) {
          throw new Error(reason);
        }
        await preflight(await this.cluster(), plan, nodes, await this.#owner(newcomer));
      });
    return { beforeCreate: [look("first-preflight", true)], beforeUpdate: [look("preflight", false)] };
  }

  /** The provider takes over a namespace that exists, and `down` would remove it with all that others have in it. */
  ownNamespace(): pulumi.ResourceHookBinding {
    const { plan } = this.#scope;
    const look = this.#hook("namespace", async () => {
      const { requireOwnNamespace } = await import("./preflight.ts");
      await requireOwnNamespace(await this.cluster(), plan.namespace, await this.#owner(true));
    });
    return { beforeCreate: [look] };
  }

  /** A cluster is noted only once it answers. */
  answeringCluster(): pulumi.ResourceHookBinding {
    const look = this.#hook("cluster-answers", async () => {
      await (await this.cluster()).uid();
    });
    return { beforeCreate: [look] };
  }

  /** The identity of the cluster that answers; empty where it does not tell. */
  async clusterIdentity(): Promise<string> {
    const { clusterIdentity } = await import("./sameCluster.ts");
    return clusterIdentity(() => this.cluster());
  }

  /**
   * Notes a workload that is made, and brings a kept volume to its size: before the node is made again, and before
   * anything restarts.
   */
  workload({ name, volume }: Workload): pulumi.ResourceHookBinding {
    const note = this.#hook(`${name}-new`, async () => void this.#made.add(name));
    if (volume === undefined) {
      return { beforeCreate: [note] };
    }
    const fit = this.#hook(`${name}-volume`, async () => {
      const { fitVolume } = await import("./volumes.ts");
      await fitVolume(await this.cluster(), this.#scope.plan.namespace, name, volume.size);
    });
    return { beforeCreate: [note, fit], beforeUpdate: [fit] };
  }

  /** Whether the workload is made in this very update. */
  isNew(name: string): boolean {
    return this.#made.has(name);
  }

  /** @throws NotReadyError in Kubernetes' own words */
  async awaitReadiness(node: string, kind: ScaledKind, signal: AbortSignal): Promise<void> {
    const { plan, set, resource } = this.#scope;
    const { awaitReadiness } = await import("./readiness.ts");
    await awaitReadiness(await this.cluster(), {
      namespace: plan.namespace,
      set,
      node,
      kind,
      deadline: READINESS_DEADLINE,
      progress: (line) => void pulumi.log.info(line, resource),
      signal,
    });
  }

  async #owner(newcomer: boolean): Promise<Owner> {
    const { stack, identity } = this.#scope;
    return {
      stack,
      newcomer,
      identity: await knownValue(pulumi.output(identity)),
    };
  }

  #hook(name: string, work: () => Promise<void>): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.#scope.name}-${name}`, work);
  }
}

/** The value of an output that is known by the time hooks run. */
function knownValue<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as Value));
  });
}
