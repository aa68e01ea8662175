import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { imageFor } from "../../images/catalog.ts";
import type { ImageSource, KubernetesPlan, NodeGroup } from "../../topology/topology.ts";
import { awaitEach, declaredAmong } from "../readiness.ts";
import type { DeclaredWorkload, ExistingWorkload, Host, Placement, Workload } from "../workload.ts";
import { type Annotations, annotationsOf, DISK, OWNER, STACK } from "./annotations.ts";
import { byBaseName, type FileSource } from "./files.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import { declareGroupObjects } from "./groupObjects.ts";
import { Hooks } from "./hooks.ts";
import { type Labels, NODE, nodeLabels, setLabels } from "./labels.ts";
import { declareMonitors } from "./monitors.ts";
import { podTemplate, portName } from "./podTemplate.ts";
import { quantity } from "./quantities.ts";
import { whyAnotherCluster } from "./sameCluster.ts";
import { DATA } from "./volumes.ts";

export interface KubernetesHostArgs {
  /** Every node with its fixed address. */
  readonly nodes: readonly FixedAddress[];
  /** The set's name; a label of everything that belongs to it. */
  readonly set: string;
  readonly plan: KubernetesPlan;
  readonly images: ImageSource;
  /** Of the state; every object carries it. */
  readonly identity: pulumi.Input<string>;
}

/**
 * A namespace of a Kubernetes cluster as a place to run workloads.
 *
 * A workload with a volume is a StatefulSet of one pod: its size and its turn in a change are its own, and which node
 * changes last is decided when an update runs. One without is a Deployment. Each has a Service of its own, whose address
 * is the node's fixed address, also while the pod is not ready: peers must find a node that is still reading its data.
 */
export class KubernetesHost extends pulumi.ComponentResource implements Host {
  readonly #name: string;
  readonly #args: KubernetesHostArgs;
  readonly #provider: kubernetes.Provider | undefined;
  /** As `organization/project/stack`. */
  readonly #stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  readonly #hooks: Hooks;
  readonly #workloads = new Map<string, Workload>();
  /** Comes before everything else. */
  readonly #preflight: pulumi.Resource;
  readonly #namespace: pulumi.Output<string>;
  /** Whether nothing of the set is on the cluster yet. */
  readonly #isFirstDeployment: Promise<boolean>;

  constructor(name: string, args: KubernetesHostArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:hosts:KubernetesHost", name, {}, options);
    this.#provider = providerFor(name, args.plan, this);
    this.#name = name;
    this.#args = args;
    const { set, plan, nodes, identity } = args;
    this.#hooks = new Hooks({ name, set, stack: this.#stack, identity, nodes, plan, resource: this });
    this.#isFirstDeployment = this.#hasNothingYet();
    this.#preflight = this.#declarePreflight();
    this.#namespace = this.#declareNamespace();
    const annotations = annotationsOf(this.#stack, identity);
    const groupArgs = { name, set, plan, namespace: this.#namespace, annotations };
    declareGroupObjects(groupArgs, this.#options(this));
    declareMonitors(groupArgs, this.#options(this));
    this.registerOutputs({ namespace: this.#namespace });
  }

  run(workload: Workload, placement: Placement): DeclaredWorkload {
    this.#workloads.set(workload.name, workload);
    const address = this.#declareAddress(workload, placement);
    const files = this.#declareFiles(workload, placement);
    this.#declareScrapeLogin(workload, placement);
    const resource =
      workload.volume === undefined
        ? this.#declareDeployment(workload, placement, files, address)
        : this.#declareStatefulSet(workload, placement, files, address);
    const { uid, generation } = resource.metadata;
    return { name: workload.name, id: pulumi.interpolate`${uid}/${generation}`, resource };
  }

  async existing(): Promise<readonly ExistingWorkload[]> {
    const { existingWorkloads } = await import("./existing.ts");
    return existingWorkloads(await this.#hooks.cluster(), this.#args.plan.namespace, this.#args.set);
  }

  isNew(name: string): boolean {
    return this.#hooks.isNew(name);
  }

  async awaitReady(names: readonly string[]): Promise<void> {
    await awaitEach(names, (name, signal) => {
      const { volume } = declaredAmong(this.#workloads, name);
      return this.#hooks.awaitReadiness(name, volume === undefined ? "Deployment" : "StatefulSet", signal);
    });
  }

  /** The preflight asks whose everything is, as soon as the state has none of it. */
  requireUnclaimed(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Where nothing of the set is there yet, nothing can be taken away too soon: all parts are made side by side, and so
   * are their volumes, which take the longest.
   */
  async #after({ after }: Placement, address: pulumi.Resource): Promise<pulumi.Resource[]> {
    return (await this.#isFirstDeployment) ? [address] : [...(await after), address];
  }

  async #hasNothingYet(): Promise<boolean> {
    if (pulumi.runtime.isDryRun()) {
      return false;
    }
    try {
      return (await this.existing()).length === 0;
    } catch {
      // Whatever keeps the cluster from answering, the preflight meets it too, and says so.
      return false;
    }
  }

  #declareNamespace(): pulumi.Output<string> {
    const { set, plan } = this.#args;
    if (!plan.createNamespace) {
      return pulumi.output(plan.namespace);
    }
    const security = { "pod-security.kubernetes.io/enforce": "restricted" };
    const labels = { ...setLabels(set), ...security };
    const namespace = new kubernetes.core.v1.Namespace(
      `${this.#name}-namespace`,
      {
        metadata: {
          name: plan.namespace,
          labels,
          annotations: { [STACK]: this.#stack, [OWNER]: this.#args.identity },
        },
      },
      { ...this.#options(this), dependsOn: [this.#preflight], hooks: this.#hooks.ownNamespace() },
    );
    return namespace.metadata.name;
  }

  #declarePreflight(): pulumi.Resource {
    const { nodes, plan } = this.#args;
    const elsewhere = this.#noteCluster();
    const input = JSON.stringify({ plan, nodes });
    return new pulumi.Stash(
      `${this.#name}-preflight`,
      // Another cluster is a change, so that the hook looks.
      { input: pulumi.runtime.isDryRun() ? input : elsewhere.apply((reason) => reason ?? input) },
      { parent: this, hooks: this.#hooks.preflight(elsewhere) },
    );
  }

  /**
   * Notes in a stash which cluster the set is brought up on. Later updates refuse another one, where the kubeconfig leads
   * to it: objects of the same names there belong to another set.
   */
  #noteCluster(): pulumi.Output<string | undefined> {
    const asked = pulumi.output(pulumi.runtime.isDryRun() ? "" : this.#hooks.clusterIdentity());
    const noted = new pulumi.Stash(
      `${this.#name}-cluster`,
      { input: asked },
      // Every run offers the cluster that answers; only the first is taken.
      { parent: this, ignoreChanges: ["input"], hooks: this.#hooks.answeringCluster() },
    );
    return pulumi
      .all([noted.output as pulumi.Output<string>, asked])
      .apply(([known, answering]) => whyAnotherCluster(known, answering));
  }

  /** The fixed address. It is announced before the workload is ready only if other nodes look for it then. */
  #declareAddress(workload: Workload, placement: Placement): kubernetes.core.v1.Service {
    return new kubernetes.core.v1.Service(
      `${placement.name}-${workload.name}-address`,
      {
        metadata: this.#metadata(workload, workload.name),
        spec: {
          clusterIP: workload.address,
          selector: this.#selector(workload),
          publishNotReadyAddresses: workload.volume !== undefined,
          ports: workload.ports.map(({ port }) => ({ name: portName(port), port, targetPort: port })),
        },
      },
      this.#options(placement.parent),
    );
  }

  /** Changed files are another ConfigMap or Secret: a pod that restarts before its turn still has what it had. */
  #declareFiles(workload: Workload, placement: Placement): readonly FileSource[] {
    const { files, secretFiles } = workload;
    const name = `${placement.name}-${workload.name}`;
    const options = this.#options(placement.parent);
    const metadata = this.#metadata(workload);
    const sources: FileSource[] = [];
    if (Object.keys(files).length > 0) {
      const configMap = new kubernetes.core.v1.ConfigMap(
        `${name}-files`,
        { metadata, data: byBaseName(files), immutable: true },
        options,
      );
      sources.push({ kind: "configMap", name: configMap.metadata.name, paths: Object.keys(files) });
    }
    if (Object.keys(secretFiles).length > 0) {
      const secret = new kubernetes.core.v1.Secret(
        `${name}-secrets`,
        { metadata, stringData: pulumi.secret(byBaseName(secretFiles)), immutable: true },
        options,
      );
      sources.push({ kind: "secret", name: secret.metadata.name, paths: Object.keys(secretFiles) });
    }
    return sources;
  }

  /** The login that the set's monitors name to the Prometheus operator; without monitors nothing reads it. */
  #declareScrapeLogin(workload: Workload, placement: Placement): void {
    const { scrapeLogin: login } = workload;
    if (login === undefined || !this.#args.plan.monitors.some(({ loginSecret }) => loginSecret === login.name)) {
      return;
    }
    new kubernetes.core.v1.Secret(
      `${placement.name}-${workload.name}-scrape-login`,
      {
        metadata: this.#metadata(workload, login.name),
        type: "kubernetes.io/basic-auth",
        stringData: pulumi.secret({ username: login.user, password: login.password }),
      },
      this.#options(placement.parent),
    );
  }

  #declareDeployment(
    workload: Workload,
    placement: Placement,
    files: readonly FileSource[],
    address: pulumi.Resource,
  ): kubernetes.apps.v1.Deployment {
    return new kubernetes.apps.v1.Deployment(
      `${placement.name}-${workload.name}`,
      {
        metadata: this.#metadata(workload, workload.name),
        spec: {
          replicas: 1,
          ...this.#updateStrategy(workload),
          selector: { matchLabels: this.#selector(workload) },
          template: this.#template(workload, files),
        },
      },
      {
        ...this.#options(placement.parent),
        dependsOn: this.#after(placement, address),
        hooks: this.#hooks.workload(workload),
      },
    );
  }

  /**
   * One that is alone is there until its successor is. In a row the others stand in for it, and a successor beside it
   * may find no machine to itself where one is lost.
   */
  #updateStrategy(workload: Workload): Pick<kubernetes.types.input.apps.v1.DeploymentSpec, "strategy"> {
    return this.#rowOf(workload).members.length === 1
      ? {}
      : { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } };
  }

  #declareStatefulSet(
    workload: Workload,
    placement: Placement,
    files: readonly FileSource[],
    address: pulumi.Resource,
  ): kubernetes.apps.v1.StatefulSet {
    return new kubernetes.apps.v1.StatefulSet(
      `${placement.name}-${workload.name}`,
      {
        metadata: this.#metadata(workload, workload.name, { [DISK]: this.#disk(workload) }),
        spec: {
          replicas: 1,
          serviceName: this.#rowOf(workload).name,
          // With OrderedReady, a pod that cannot become ready blocks the very change that would repair it
          // (kubernetes/kubernetes#67250).
          podManagementPolicy: "Parallel",
          selector: { matchLabels: this.#selector(workload) },
          template: this.#template(workload, files),
          volumeClaimTemplates: [this.#volumeClaim(workload)],
        },
      },
      {
        ...this.#options(placement.parent),
        dependsOn: this.#after(placement, address),
        // A template cannot be changed; a hook brings the volume itself to its size.
        ignoreChanges: ["spec.volumeClaimTemplates"],
        hooks: this.#hooks.workload(workload),
      },
    );
  }

  #template(workload: Workload, files: readonly FileSource[]) {
    const { set, plan, images } = this.#args;
    const { reference: image, user } = imageFor(workload.image, images);
    return podTemplate(workload, { set, plan, row: this.#rowOf(workload), image, user, files });
  }

  #volumeClaim(workload: Workload): kubernetes.types.input.core.v1.PersistentVolumeClaim {
    const { storageClass } = this.#args.plan;
    return {
      metadata: { name: DATA },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: this.#disk(workload) } },
        ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      },
    };
  }

  #disk({ volume }: Workload): string {
    return quantity(volume?.size ?? 0);
  }

  #options(parent: pulumi.Resource): pulumi.CustomResourceOptions {
    return {
      parent,
      ...(this.#provider === undefined ? {} : { provider: this.#provider }),
      // A namespace of its own comes after the preflight, and all that is in it after the namespace.
      ...(this.#args.plan.createNamespace ? {} : { dependsOn: [this.#preflight] }),
    };
  }

  #rowOf({ name }: Workload): NodeGroup {
    const row = this.#args.plan.rows.find(({ members }) => members.includes(name));
    if (row === undefined) {
      throw new Error(`the plan has no row with ${name} in it`);
    }
    return row;
  }

  #selector(workload: Workload): Labels {
    return { ...setLabels(this.#args.set), [NODE]: workload.name };
  }

  /** @param name none: Pulumi makes one up, another one whenever the content changes */
  #metadata(workload: Workload, name?: string, annotations: Annotations = {}) {
    return {
      ...(name === undefined ? {} : { name }),
      namespace: this.#namespace,
      labels: nodeLabels(this.#args.set, this.#rowOf(workload), workload.name),
      annotations: { ...annotationsOf(this.#stack, this.#args.identity), ...annotations },
    };
  }
}

/** The program's own provider, which reads KUBECONFIG, unless the stack is bound to a context. */
function providerFor(
  name: string,
  { context }: KubernetesPlan,
  parent: pulumi.Resource,
): kubernetes.Provider | undefined {
  return context === undefined ? undefined : new kubernetes.Provider(`${name}-provider`, { context }, { parent });
}
