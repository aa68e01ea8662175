import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageFor } from "../images/catalog.ts";
import type { ImageSource, NetworkPlan } from "../topology/topology.ts";
import type { DeclaredWorkload, Host, ImagePart, Placement, Probe, Workload } from "./workload.ts";

export interface DockerHostArgs {
  /** Prefix of every container, volume and the network. */
  readonly prefix: string;
  /** A change replaces the network and every container on it. */
  readonly network: NetworkPlan;
  readonly images: ImageSource;
}

/** Milliseconds a container has to become ready; loading some gigabytes of data takes minutes. */
const READINESS_DEADLINE = 300_000;

const MEBIBYTE = 1024 * 1024;

/** One Docker engine as a place to run workloads: a network of its own, a container and a volume for each workload. */
export class DockerHost extends pulumi.ComponentResource implements Host {
  private readonly name: string;
  private readonly args: DockerHostArgs;
  private readonly network: docker.Network;
  private readonly images = new Map<ImagePart, docker.RemoteImage>();

  constructor(name: string, args: DockerHostArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:hosts:DockerHost", name, {}, options);
    this.name = name;
    this.args = args;
    this.network = this.declareNetwork();
    this.registerOutputs({ network: this.network.name });
  }

  run(workload: Workload, placement: Placement): DeclaredWorkload {
    const volume = this.declareVolume(workload, placement);
    const container = this.declareContainer(workload, placement, volume);
    return { name: workload.name, id: container.id, resource: container };
  }

  private declareNetwork(): docker.Network {
    const { subnet, gateway } = this.args.network;
    return new docker.Network(
      `${this.name}-network`,
      { name: this.args.prefix, driver: "bridge", ipamConfigs: [{ subnet, gateway }], labels: this.labels("network") },
      { parent: this, deleteBeforeReplace: true },
    );
  }

  private declareVolume(workload: Workload, placement: Placement): docker.Volume | undefined {
    if (workload.volume === undefined) {
      return undefined;
    }
    return new docker.Volume(
      `${placement.name}-${workload.name}-data`,
      { name: `${this.args.prefix}-${workload.name}`, labels: this.labels(workload.name) },
      { parent: placement.parent, deleteBeforeReplace: true },
    );
  }

  private declareContainer(workload: Workload, placement: Placement, volume: docker.Volume | undefined): docker.Container {
    const name = `${this.args.prefix}-${workload.name}`;
    const image = this.image(workload.image);
    return new docker.Container(
      `${placement.name}-${workload.name}`,
      {
        name,
        image: image.imageId,
        // The image's own entrypoint, where there is one, would take the command for its arguments.
        entrypoints: workload.command.slice(0, 1),
        command: workload.command.slice(1),
        envs: Object.entries(workload.environment).map(([key, value]) => `${key}=${value}`),
        uploads: uploads(workload, imageFor(workload.image, this.args.images).user),
        user: imageFor(workload.image, this.args.images).user,
        hostname: workload.name,
        labels: this.labels(workload.name),
        // The default, set since the provider reads it back (pulumi/pulumi-docker#1272); it leaves that network for the
        // one below, which it would not do with that one named here: the fixed address would be ignored.
        networkMode: "bridge",
        networksAdvanced: [{ name: this.network.name, ipv4Address: workload.address, aliases: [workload.name] }],
        ports: workload.ports.map(({ port, published }) => ({
          internal: port,
          external: published.port,
          ip: published.host,
          protocol: "tcp",
        })),
        volumes:
          volume === undefined ? [] : [{ volumeName: volume.name, containerPath: workload.volume?.mountPath ?? "" }],
        tmpfs: Object.fromEntries(workload.scratch.map((path) => [path, "rw,noexec,nosuid,nodev,size=16m,mode=1777"])),
        ...limits(workload),
        ...LEAST_PRIVILEGE,
        ...OPERATION,
        healthcheck: healthcheck(workload.probe),
        stopTimeout: seconds(workload.stopGrace),
        destroyGraceSeconds: seconds(workload.stopGrace),
      },
      {
        parent: placement.parent,
        dependsOn: [...placement.after],
        deleteBeforeReplace: true,
        // The provider takes a change of these in silence and applies nothing.
        replaceOnChanges: ["healthcheck", "tmpfs", "init"],
        hooks: workload.awaitProbe ? { afterCreate: [this.readinessHook(name, workload.probe)] } : {},
      },
    );
  }

  /** One image resource a part, however many workloads use it. */
  private image(part: ImagePart): docker.RemoteImage {
    const known = this.images.get(part);
    if (known !== undefined) {
      return known;
    }
    const image = new docker.RemoteImage(
      `${this.name}-${part}-image`,
      { name: imageFor(part, this.args.images).reference, keepLocally: true },
      { parent: this, hooks: this.args.images === "local" ? { beforeCreate: [this.buildHook(part)] } : {} },
    );
    this.images.set(part, image);
    return image;
  }

  /** Builds the part's image on the engine where it is missing, before the provider looks for it. */
  private buildHook(part: ImagePart): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.name}-build-${part}-image`, async () => {
      const { dockerEngine } = await import("./docker/engine.ts");
      const { ensureLocalImage } = await import("../images/build.ts");
      await ensureLocalImage(part, {
        docker: dockerEngine(engineAddress()),
        progress: (line) => void pulumi.log.info(line, this),
      });
    });
  }

  private readinessHook(container: string, probe: Probe): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${container}-ready`, async () => {
      const { dockerEngine } = await import("./docker/engine.ts");
      const { awaitReadiness } = await import("./docker/readiness.ts");
      await awaitReadiness(dockerEngine(engineAddress()), container, probe.command, READINESS_DEADLINE);
    });
  }

  private labels(part: string): { label: string; value: string }[] {
    return [
      { label: "redis-ha.set", value: this.args.prefix },
      { label: "redis-ha.part", value: part },
    ];
  }
}

/** No capabilities, none to be gained; the user comes from the image's catalogue and is never root. */
const LEAST_PRIVILEGE = {
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges"],
} as const satisfies Partial<docker.ContainerArgs>;

/** What every container needs to be operated: an init that reaps, restarts after a reboot, logs that end. */
const OPERATION = {
  init: true,
  restart: "unless-stopped",
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
} as const satisfies Partial<docker.ContainerArgs>;

/** CPU in cores; memory in MiB, the same with swap: none. */
function limits(workload: Workload): Pick<docker.ContainerArgs, "cpus" | "memory" | "memorySwap"> {
  const memory = Math.floor(workload.size.memory / MEBIBYTE);
  return { cpus: String(workload.size.cpus), memory, memorySwap: memory };
}

/** Files are the deployment's: the process reads them and cannot change them; secrets are for its user's eyes only. */
function uploads(workload: Workload, user: string): docker.types.input.ContainerUpload[] {
  const [owner = "", group = ""] = user.split(":");
  const plain = Object.entries(workload.files).map(([file, content]) => ({ file, content, permissions: "0444" }));
  const secret = Object.entries(workload.secretFiles).map(([file, content]) => ({
    file,
    content: pulumi.secret(content),
    permissions: "0400",
    owner,
    group,
  }));
  return [...plain, ...secret];
}

function healthcheck(probe: Probe): docker.types.input.ContainerHealthcheck {
  return {
    tests: ["CMD", ...probe.command],
    interval: duration(probe.interval),
    timeout: duration(probe.timeout),
    startPeriod: duration(probe.startPeriod),
    retries: probe.retries,
  };
}

function duration(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

function engineAddress(): string | undefined {
  return new pulumi.Config("docker").get("host");
}
