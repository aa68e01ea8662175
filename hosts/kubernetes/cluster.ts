import {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  type CoreV1Event,
  CustomObjectsApi,
  type KubeConfig,
  KubernetesObjectApi,
  NetworkingV1Api,
  StorageV1Api,
  type V1Deployment,
  type V1ObjectMeta,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1ResourceAttributes,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import { ownerAnnotation, stackAnnotation } from "./annotations.ts";
import { isAbsence } from "./clusterError.ts";
import { kubeconfigFor } from "./kubeconfig.ts";
import { type Labels, setLabels } from "./labels.ts";
import { type Removable, removableKinds } from "./removable.ts";
import { toClusterError } from "./requestFailures.ts";

export type ScaledKind = "StatefulSet" | "Deployment";

/** An object that can be scaled to a number of pods. */
export interface Scaled {
  readonly kind: ScaledKind;
  readonly name: string;
  readonly replicas: number;
}

/** An object of a cluster, and its owner. */
export interface Owned {
  readonly kind: ScaledKind | "Service" | "Namespace";
  readonly name: string;
  /** The stack that created the object, as `organization/project/stack`; undefined if no stack of this program did. */
  readonly stack: string | undefined;
  /** The identity of the state that created the object; undefined if the object carries none. */
  readonly owner: string | undefined;
}

/** A client of a Kubernetes cluster, for tasks that the provider cannot do: querying pods, and connecting to pods. */
export class Cluster {
  readonly config: KubeConfig;
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;

  private constructor(config: KubeConfig) {
    this.config = config;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#apps = config.makeApiClient(AppsV1Api);
  }

  /**
   * Returns a client of the cluster that the provider uses, from KUBECONFIG or else ~/.kube/config.
   *
   * @param context a context of the kubeconfig @default its current context
   * @throws ClusterError when there is no kubeconfig, or it does not have the context or a current context
   */
  static connect(context: string | undefined): Cluster {
    return new Cluster(kubeconfigFor(context));
  }

  /** The UID of the namespace kube-system; undefined if this user may not read it. */
  async uid(): Promise<string | undefined> {
    return (await this.#find(this.#core.readNamespace({ name: "kube-system" })))?.metadata?.uid;
  }

  /** The namespace of this name, or an empty list if it does not exist; undefined if this user may not read it. */
  async namespaces(name: string): Promise<readonly Owned[] | undefined> {
    try {
      return [ownedAs("Namespace")(await this.#ask(this.#core.readNamespace({ name })))];
    } catch (error) {
      if (isAbsence(error)) {
        return error.status === 404 ? [] : undefined;
      }
      throw error;
    }
  }

  /** Lists the Services, StatefulSets and Deployments of a namespace, as far as this user may list them. */
  async parts(namespace: string): Promise<readonly Owned[]> {
    const [services, statefulSets, deployments] = await Promise.all([
      this.#find(this.#core.listNamespacedService({ namespace })),
      this.#find(this.#apps.listNamespacedStatefulSet({ namespace })),
      this.#find(this.#apps.listNamespacedDeployment({ namespace })),
    ]);
    return [
      ...(services?.items.map(ownedAs("Service")) ?? []),
      ...(statefulSets?.items.map(ownedAs("StatefulSet")) ?? []),
      ...(deployments?.items.map(ownedAs("Deployment")) ?? []),
    ];
  }

  /** Lists the objects of a set in a namespace that carry this identity, in the order in which they can be removed. */
  async objectsOf(namespace: string, set: string, identity: string): Promise<readonly Removable[]> {
    const api = KubernetesObjectApi.makeApiClient(this.config);
    const selector = selectorOf(setLabels(set));
    const lists = await Promise.all(
      removableKinds.map(async ({ apiVersion, kind }) => {
        const list = api.list(apiVersion, kind, namespace, undefined, undefined, undefined, undefined, selector);
        const items = (await this.#find(list))?.items ?? [];
        return items
          .filter(({ metadata }) => metadata?.annotations?.[ownerAnnotation] === identity)
          .map(({ metadata }) => ({ apiVersion, kind, name: metadata?.name ?? "" }));
      }),
    );
    return lists.flat();
  }

  async remove(namespace: string, { apiVersion, kind, name }: Removable): Promise<void> {
    const api = KubernetesObjectApi.makeApiClient(this.config);
    await this.#find(api.delete({ apiVersion, kind, metadata: { name, namespace } }));
  }

  /** Deletes a namespace. Resolves when the deletion has started. */
  async removeNamespace(name: string): Promise<void> {
    await this.#find(this.#core.deleteNamespace({ name }));
  }

  async pods(namespace: string, labels: Labels): Promise<readonly V1Pod[]> {
    const { items } = await this.#ask(this.#core.listNamespacedPod({ namespace, labelSelector: selectorOf(labels) }));
    return items;
  }

  /** Lists the recent events of a namespace. Kubernetes deletes events after an hour. */
  async events(namespace: string): Promise<readonly CoreV1Event[]> {
    const { items } = await this.#ask(this.#core.listNamespacedEvent({ namespace }));
    return items;
  }

  statefulSet(namespace: string, name: string): Promise<V1StatefulSet> {
    return this.#ask(this.#apps.readNamespacedStatefulSet({ namespace, name }));
  }

  deployment(namespace: string, name: string): Promise<V1Deployment> {
    return this.#ask(this.#apps.readNamespacedDeployment({ namespace, name }));
  }

  /** Lists the StatefulSets and Deployments with these labels. */
  async scaled(namespace: string, labels: Labels): Promise<readonly Scaled[]> {
    const [statefulSets, deployments] = await Promise.all([
      this.#ask(this.#apps.listNamespacedStatefulSet({ namespace, labelSelector: selectorOf(labels) })),
      this.#ask(this.#apps.listNamespacedDeployment({ namespace, labelSelector: selectorOf(labels) })),
    ]);
    const facts = (kind: ScaledKind) => (item: V1StatefulSet | V1Deployment) => ({
      kind,
      name: item.metadata?.name ?? "",
      replicas: item.spec?.replicas ?? 1,
    });
    return [...statefulSets.items.map(facts("StatefulSet")), ...deployments.items.map(facts("Deployment"))];
  }

  async scale(namespace: string, kind: ScaledKind, name: string, replicas: number): Promise<void> {
    const request = { namespace, name, body: [{ op: "replace", path: "/spec/replicas", value: replicas }] };
    await (kind === "StatefulSet"
      ? this.#ask(this.#apps.patchNamespacedStatefulSetScale(request))
      : this.#ask(this.#apps.patchNamespacedDeploymentScale(request)));
  }

  /** Maps the name of each Service with these labels to its address. */
  async serviceAddressesOf(namespace: string, labels: Labels): Promise<ReadonlyMap<string, string>> {
    const { items } = await this.#ask(
      this.#core.listNamespacedService({ namespace, labelSelector: selectorOf(labels) }),
    );
    return new Map(items.map(({ metadata, spec }) => [metadata?.name ?? "", spec?.clusterIP ?? ""]));
  }

  /** The claim of this name; undefined if it does not exist. */
  volumeClaim(namespace: string, name: string): Promise<V1PersistentVolumeClaim | undefined> {
    return this.#find(this.#core.readNamespacedPersistentVolumeClaim({ namespace, name }));
  }

  /** @param storage the new size, such as `100Gi` */
  async growVolumeClaim(namespace: string, name: string, storage: string): Promise<void> {
    const body = [{ op: "replace", path: "/spec/resources/requests/storage", value: storage }];
    await this.#ask(this.#core.patchNamespacedPersistentVolumeClaim({ namespace, name, body }));
  }

  /** Returns true if the user of the kubeconfig has these rights. */
  async isAllowed(resourceAttributes: V1ResourceAttributes): Promise<boolean> {
    const body = { spec: { resourceAttributes } };
    const api = this.config.makeApiClient(AuthorizationV1Api);
    const { status } = await this.#ask(api.createSelfSubjectAccessReview({ body }));
    return status?.allowed ?? false;
  }

  /** Returns true if the cluster has a kind of object, such as one of a custom resource definition. */
  async knows(group: string, version: string, kind: string): Promise<boolean> {
    const known = await this.#find(this.config.makeApiClient(CustomObjectsApi).getAPIResources({ group, version }));
    return known?.resources.some((resource) => resource.kind === kind) ?? false;
  }

  /** Lists the storage classes, and whether each is the default; undefined if this user may not list them. */
  async storageClasses(): Promise<readonly { readonly name: string; readonly isDefault: boolean }[] | undefined> {
    const classes = await this.#find(this.config.makeApiClient(StorageV1Api).listStorageClass());
    return classes?.items.map(({ metadata }) => ({
      name: metadata?.name ?? "",
      isDefault: metadata?.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true",
    }));
  }

  /** The ranges of Service addresses as CIDR; undefined if this user may not list them, or before Kubernetes 1.33. */
  async serviceRanges(): Promise<readonly string[] | undefined> {
    const ranges = await this.#find(this.config.makeApiClient(NetworkingV1Api).listServiceCIDR());
    return ranges?.items.flatMap(({ spec }) => spec?.cidrs ?? []);
  }

  /** Maps the address of each Service to its name; undefined if this user may not list Services. */
  async serviceAddresses(): Promise<ReadonlyMap<string, string> | undefined> {
    const services = await this.#find(this.#core.listServiceForAllNamespaces());
    return (
      services &&
      new Map(
        services.items.map(({ metadata, spec }) => [
          spec?.clusterIP ?? "",
          `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`,
        ]),
      )
    );
  }

  /** Awaits a request. Resolves to undefined if the object does not exist or this user may not read it. */
  async #find<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await this.#ask(asked);
    } catch (error) {
      if (isAbsence(error)) {
        return undefined;
      }
      throw error;
    }
  }

  async #ask<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      throw toClusterError(error, this.config.getCurrentCluster()?.server ?? "no address");
    }
  }
}

function ownedAs(kind: Owned["kind"]): (item: { readonly metadata?: V1ObjectMeta }) => Owned {
  return ({ metadata }) => ({
    kind,
    name: metadata?.name ?? "",
    stack: metadata?.annotations?.[stackAnnotation],
    owner: metadata?.annotations?.[ownerAnnotation],
  });
}

function selectorOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join();
}
