import { type Declaration, isSecret, type Registration } from "./program.ts";

/**
 * The resources that a program declared, as a tree of lines such as
 *
 *     redis-ha:index:RedisMaster sample-master
 *       docker:index/container:Container sample-master-redis-0 after sample-network; beforeCreate
 * sample-redis-0-leftover
 *
 * Each line has the type, the name, the resources that must exist first, and the hooks.
 */
export function treeOf({ resources }: Declaration): readonly string[] {
  return linesBelow(undefined, resources);
}

/** A summary of each container: its address, where its port is published, and its limits. */
export function containersOf({ resources }: Declaration): readonly string[] {
  return resources.filter(({ type }) => type === "docker:index/container:Container").map(containerLine);
}

/** A summary of each pod on Kubernetes: its image, its limits and the size of its volume. */
export function podsOf({ resources }: Declaration): readonly string[] {
  return resources.filter(({ type }) => /^kubernetes:apps.*:(StatefulSet|Deployment)$/.test(type)).map(podLine);
}

/** The names and addresses by which pods are reached on Kubernetes. */
export function servicesOf({ resources }: Declaration): readonly string[] {
  return resources.filter(({ type }) => type === "kubernetes:core/v1:Service").map(serviceLine);
}

/** The keys of a program's exports, and which exports are secret. */
export function shapesOf({ outputs }: Declaration): readonly string[] {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}: ${shapeOf(value)}`)
    .sort();
}

function linesBelow(parent: string | undefined, resources: readonly Registration[]): readonly string[] {
  return resources
    .filter((resource) => resource.parent === parent)
    .flatMap((resource) => [
      lineOf(resource),
      ...linesBelow(`${resource.type} ${resource.name}`, resources).map((line) => `  ${line}`),
    ]);
}

function lineOf({ type, name, dependencies, hooks }: Registration): string {
  const after = dependencies.length === 0 ? "" : ` after ${dependencies.join(", ")}`;
  return [`${type} ${name}${after}`, ...hooks].join("; ");
}

interface ContainerInputs {
  readonly name: string;
  readonly networksAdvanced: readonly { readonly ipv4Address: string }[];
  readonly ports: readonly { readonly internal: number; readonly external: number; readonly ip: string }[];
  readonly cpus: string;
  readonly memory: number;
}

function containerLine({ inputs }: Registration): string {
  const { name, networksAdvanced, ports, cpus, memory } = inputs as unknown as ContainerInputs;
  const addresses = networksAdvanced.map(({ ipv4Address }) => ipv4Address).join();
  const published = ports.map(({ internal, external, ip }) => `${ip}:${external} -> ${internal}`).join();
  return `${name}: ${addresses}, ${published}, ${cpus} CPU, ${memory} MiB`;
}

interface PodInputs {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly image: string;
          readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
        }[];
      };
    };
  };
}

function podLine({ inputs }: Registration): string {
  const { metadata, spec } = inputs as unknown as PodInputs;
  const [container] = spec.template.spec.containers;
  const disk = metadata.annotations["redis-ha/disk"];
  const { cpu, memory } = container?.resources.limits ?? {};
  return `${metadata.name}: ${container?.image}, ${cpu} CPU, ${memory}${disk === undefined ? "" : `, ${disk} disk`}`;
}

interface ServiceInputs {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly port: number; readonly targetPort: number }[];
  };
}

function serviceLine({ inputs }: Registration): string {
  const { metadata, spec } = inputs as unknown as ServiceInputs;
  const ports = (spec.ports ?? []).map(({ port, targetPort }) => `${port} -> ${targetPort}`).join();
  return `${metadata.name}: ${[spec.clusterIP ?? "any address", ports].filter((part) => part !== "").join(", ")}`;
}

function shapeOf(value: unknown): string {
  if (isSecret(value)) {
    return `secret ${shapeOf(value.value)}`;
  }
  if (Array.isArray(value)) {
    return `${value.length} x ${[...new Set(value.map(shapeOf))].join(" | ")}`;
  }
  return typeof value === "object" && value !== null ? `{ ${Object.keys(value).sort().join(", ")} }` : typeof value;
}
