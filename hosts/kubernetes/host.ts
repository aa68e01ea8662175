import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { imageFor } from "../../images/catalog.ts";
import type { ImageSource, KubernetesPlan, NodeGroup } from "../../topology/topology.ts";
import { awaitEach, declaredAmong } from "../readiness.ts";
import type { DeclaredWorkload, ExistingWorkload, Host, Placement, Workload } from "../workload.ts";
import { type Annotations, annotationsOf, diskAnnotation, ownerAnnotation, stackAnnotation } from "./annotations.ts";
import { byBaseName, type FileSource } from "./files.ts";
import type { FixedAddress } from "./fixedAddress.ts";
import { declareGroupObjects } from "./groupObjects.ts";
import { Hooks } from "./hooks.ts";
import { type Labels, nodeLabel, nodeLabels, setLabels } from "./labels.ts";
import { declareMonitors } from "./monitors.ts";
import { podTemplate, portName } from "./podTemplate.ts";
import { quantity } from "./quantities.ts";
import { whyAnotherCluster } from "./sameCluster.ts";
import { dataVolume } from "./volumes.ts";

export interface KubernetesHostArgs {
  /** Every node with its fixed address. */
  readonly nodes: readonly FixedAddress[];
  /** The set's name, which is a label of every object of the set. */
  readonly set: string;
  readonly plan: KubernetesPlan;
  readonly images: ImageSource;
  /** The identity of the state; every object carries it. */
  readonly identity: pulumi.Input<string>;
}

/**
 * Runs workloads in a namespace of a Kubernetes cluster.
 *
 * A workload with a volume is a StatefulSet of one pod, so that each node has its own size and its own place in the
 * rollout order, which is decided when an update runs. A workload without a volume is a Deployment. Each has its own
 * Service, whose address is the node's fixed address. The Service of a workload with a volume leads to the pod even
 * while the pod is not ready, because peers must find a node that is still loading its data.
 */
export class KubernetesHost extends pulumi.ComponentResource implements Host {
  readonly #name: string;
  readonly #args: KubernetesHostArgs;
  readonly #provider: kubernetes.Provider | undefined;
  /** The stack as `organization/project/stack`. */
  readonly #stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  readonly #hooks: Hooks;
  readonly #workloads = new Map<string, Workload>();
  /** The resource whose hooks check the cluster. Everything else depends on it. */
  readonly #preflight: pulumi.Resource;
  readonly #namespace: pulumi.Output<string>;
  /** True if the cluster has no workload of the set yet. */
  readonly #isFirstDeployment: Promise<boolean>;

  constructor(name: string, args: KubernetesHostArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:hosts:KubernetesHost", name, {}, options);
    this.#provider = providerFor(name, args.plan, this);
    this.#name = name;
    this.#args = args;
    const { set, plan, nodes, identity } = args;
    this.#hooks = new Hooks({ name, set, stack: this.#stack, identity, nodes, plan, resource: this });
    this.#isFirstDeployment = this.#hasNoWorkloads();
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

  /** Does nothing, because the preflight already checks the ownership of all objects. */
  requireUnclaimed(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Returns the dependencies of a workload. In the first deployment no workload waits for another one, because no data
   * can be lost. All workloads are then created in parallel, and so are their volumes, which take the longest.
   */
  async #after({ after }: Placement, address: pulumi.Resource): Promise<pulumi.Resource[]> {
    return (await this.#isFirstDeployment) ? [address] : [...(await after), address];
  }

  async #hasNoWorkloads(): Promise<boolean> {
    if (pulumi.runtime.isDryRun()) {
      return false;
    }
    try {
      return (await this.existing()).length === 0;
    } catch {
      // If the cluster does not answer, the preflight fails too and reports why.
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
          annotations: { [stackAnnotation]: this.#stack, [ownerAnnotation]: this.#args.identity },
        },
      },
      { ...this.#options(this), dependsOn: [this.#preflight], hooks: this.#hooks.ownNamespace() },
    );
    return namespace.metadata.name;
  }

  #declarePreflight(): pulumi.Resource {
    const { nodes, plan } = this.#args;
    const elsewhere = this.#recordCluster();
    const input = JSON.stringify({ plan, nodes });
    return new pulumi.Stash(
      `${this.#name}-preflight`,
      // A different cluster changes the input, so that the hook runs.
      { input: pulumi.runtime.isDryRun() ? input : elsewhere.apply((reason) => reason ?? input) },
      { parent: this, hooks: this.#hooks.preflight(elsewhere) },
    );
  }

  /**
   * Records in a stash on which cluster the set is deployed. Later updates are refused if the kubeconfig leads to
   * another cluster, where objects of the same names belong to another set.
   */
  #recordCluster(): pulumi.Output<string | undefined> {
    const current = pulumi.output(pulumi.runtime.isDryRun() ? "" : this.#hooks.clusterIdentity());
    const recorded = new pulumi.Stash(
      `${this.#name}-cluster`,
      { input: current },
      // Every update passes the cluster that answers, but only the first one is stored.
      { parent: this, ignoreChanges: ["input"], hooks: this.#hooks.answeringCluster() },
    );
    return pulumi
      .all([recorded.output as pulumi.Output<string>, current])
      .apply(([known, answering]) => whyAnotherCluster(known, answering));
  }

  /**
   * Declares the Service with the fixed address. Only the Service of a workload with a volume leads to a pod that is
   * not ready, because other nodes have to find it then.
   */
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

  /**
   * Declares the ConfigMap and Secret with the workload's files. Changed files become a new ConfigMap or Secret, so a
   * pod that restarts before its turn in the rollout still gets its old files.
   */
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

  /** Declares the Secret with the login that the set's monitors refer to. Without monitors the Secret is not needed. */
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
   * Returns the strategy that replaces a Deployment's pod. The only pod of a group runs until its replacement is ready.
   * In a larger group the other members serve meanwhile, and the old pod stops first: its replacement may find no
   * machine without another member of the group if a machine is down.
   */
  #updateStrategy(workload: Workload): Pick<kubernetes.types.input.apps.v1.DeploymentSpec, "strategy"> {
    return this.#groupOf(workload).members.length === 1
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
        metadata: this.#metadata(workload, workload.name, { [diskAnnotation]: this.#disk(workload) }),
        spec: {
          replicas: 1,
          serviceName: this.#groupOf(workload).name,
          // With OrderedReady, a pod that cannot become ready blocks the rollout of the change that would repair the
          // pod (kubernetes/kubernetes#67250).
          podManagementPolicy: "Parallel",
          selector: { matchLabels: this.#selector(workload) },
          template: this.#template(workload, files),
          volumeClaimTemplates: [this.#volumeClaim(workload)],
        },
      },
      {
        ...this.#options(placement.parent),
        dependsOn: this.#after(placement, address),
        // A volume claim template cannot be changed. A hook resizes the volume instead.
        ignoreChanges: ["spec.volumeClaimTemplates"],
        hooks: this.#hooks.workload(workload),
      },
    );
  }

  #template(workload: Workload, files: readonly FileSource[]) {
    const { set, plan, images } = this.#args;
    const { reference: image, user } = imageFor(workload.image, images);
    return podTemplate(workload, { set, plan, group: this.#groupOf(workload), image, user, files });
  }

  #volumeClaim(workload: Workload): kubernetes.types.input.core.v1.PersistentVolumeClaim {
    const { storageClass } = this.#args.plan;
    return {
      metadata: { name: dataVolume },
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
      // If the set has its own namespace, that namespace depends on the preflight, and all other objects depend on the
      // namespace.
      ...(this.#args.plan.createNamespace ? {} : { dependsOn: [this.#preflight] }),
    };
  }

  #groupOf({ name }: Workload): NodeGroup {
    const group = this.#args.plan.rows.find(({ members }) => members.includes(name));
    if (group === undefined) {
      throw new Error(`the plan has no node group with the member ${name}`);
    }
    return group;
  }

  #selector(workload: Workload): Labels {
    return { ...setLabels(this.#args.set), [nodeLabel]: workload.name };
  }

  /** @param name the object's name @default a name that Pulumi generates, and again whenever the content changes */
  #metadata(workload: Workload, name?: string, annotations: Annotations = {}) {
    return {
      ...(name === undefined ? {} : { name }),
      namespace: this.#namespace,
      labels: nodeLabels(this.#args.set, this.#groupOf(workload), workload.name),
      annotations: { ...annotationsOf(this.#stack, this.#args.identity), ...annotations },
    };
  }
}

/**
 * Declares a provider for the configured context; undefined without one: the default provider then reads KUBECONFIG.
 */
function providerFor(
  name: string,
  { context }: KubernetesPlan,
  parent: pulumi.Resource,
): kubernetes.Provider | undefined {
  return context === undefined ? undefined : new kubernetes.Provider(`${name}-provider`, { context }, { parent });
}
