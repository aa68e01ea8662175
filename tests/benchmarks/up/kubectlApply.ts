import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../../../components/parts/knownValue.ts";
import { declaredObjects } from "../../../operations/stack/declaredObjects.ts";
import { type VerificationTarget, verificationTarget } from "../../../redis/target.ts";
import { until } from "../../../toolchain/base/until.ts";
import { kubectl } from "../../../toolchain/kubernetes/kubectl.ts";
import type { Cluster } from "../../../toolchain/kubernetes/place.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { Configuration } from "../../support/stacks/deployedStack.ts";

/** The prefix of the program's keys in a stack's configuration. */
const project = "redis-ha";

/**
 * Milliseconds within which the volumes of a removed namespace are removed. A pod for each volume empties its folder.
 */
const cleaning = 120_000;

/** Deploys the objects that a set's program declares, including Secrets, with kubectl alone. */
export class KubectlApply {
  readonly topology: Topology;
  readonly target: VerificationTarget;
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #folder: string;

  private constructor(cluster: Cluster, topology: Topology, target: VerificationTarget, folder: string) {
    this.#cluster = cluster;
    this.topology = topology;
    this.target = target;
    this.#namespace = topology.name;
    this.#folder = folder;
  }

  /** Renders the objects with new passwords. A process can do this only once. */
  static async render(
    cluster: Cluster,
    configuration: Configuration & { readonly name: string },
  ): Promise<KubectlApply> {
    const { name } = configuration;
    let program: typeof import("../../../index.ts") | undefined;
    const objects = await declaredObjects(configurationOf(configuration), project, name, async () => {
      program = await import("../../../index.ts");
    });
    if (program === undefined) {
      throw new Error("the program was not run");
    }
    const { topology, password, gateway, metrics, commander } = program;
    const target = verificationTarget(topology, {
      password: await knownValue(password),
      ...(gateway === null ? {} : { gatewayPassword: (await knownValue(gateway)).password }),
      ...(metrics === null ? {} : { exporterPassword: (await knownValue(metrics)).password }),
      ...(commander === null ? {} : { commanderPassword: (await knownValue(commander)).password }),
    });
    const folder = await mkdtemp(join(tmpdir(), "redis-ha-bench-"));
    const list = { apiVersion: "v1", kind: "List", items: withoutEnvelopes(objects) };
    await writeFile(join(folder, manifests), JSON.stringify(list), { mode: 0o600 });
    return new KubectlApply(cluster, topology, target, folder);
  }

  async apply(): Promise<void> {
    await kubectl(this.#cluster, "apply", `--filename=${join(this.#folder, manifests)}`);
  }

  /** Resolves when every pod is ready. */
  async awaitReadiness(): Promise<void> {
    await this.#ask(
      "wait",
      "statefulsets,deployments",
      "--all",
      "--for=jsonpath={.status.readyReplicas}=1",
      "--timeout=300s",
    );
  }

  /** Resolves when nothing is left of the namespace. The nodes get no time for a switchover. */
  async remove(): Promise<void> {
    const namespace = ["delete", "namespace", this.#namespace, "--ignore-not-found"];
    await kubectl(this.#cluster, ...namespace, "--wait=false");
    await this.#ask("delete", "pods", "--all", "--now");
    await kubectl(this.#cluster, ...namespace, "--timeout=120s");
    await until(async () => (await this.#volumes()) === "", {
      timeout: cleaning,
      interval: 500,
      failure: () => new Error(`the namespace ${this.#namespace} is removed, and some of its volumes still exist`),
    });
  }

  /** Removes the files on this machine. */
  async forget(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  #volumes(): Promise<string> {
    const ours = `.items[?(@.spec.claimRef.namespace=="${this.#namespace}")]`;
    return kubectl(this.#cluster, "get", "persistentvolumes", `--output=jsonpath={${ours}.metadata.name}`);
  }

  #ask(...question: readonly string[]): Promise<string> {
    return kubectl(this.#cluster, "--namespace", this.#namespace, ...question);
  }
}

const manifests = "manifests.json";

/** The configuration in the form in which Pulumi passes it to a program. */
function configurationOf(configuration: Configuration): Record<string, string> {
  return Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [
      `${project}:${key}`,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** Removes the envelopes of secret values, which Kubernetes does not accept. */
function withoutEnvelopes(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) {
    return withoutEnvelopes(pulumi.runtime.unwrapRpcSecret(value));
  }
  if (Array.isArray(value)) {
    return value.map(withoutEnvelopes);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutEnvelopes(inner)]))
    : value;
}
