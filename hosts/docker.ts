import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageFor } from "../images/catalog.ts";
import type { ImageSource, NetworkPlan } from "../topology/topology.ts";
import { containerArgs } from "./docker/containerArgs.ts";
import type { DeclaredWorkload, Host, ImagePart, Placement, Workload } from "./workload.ts";

export interface DockerHostArgs {
  /** Prefix of every container, volume and the network. */
  readonly prefix: string;
  /** A change replaces the network and every container on it. */
  readonly network: NetworkPlan;
  readonly images: ImageSource;
}

/** Milliseconds a container has to become ready; loading some gigabytes of data takes minutes. */
const READINESS_DEADLINE = 300_000;

/** One Docker engine as a place to run workloads: a network of its own, a container and a volume for each workload. */
export class DockerHost extends pulumi.ComponentResource implements Host {
  private readonly name: string;
  private readonly args: DockerHostArgs;
  private readonly network: docker.Network;
  private readonly images = new Map<ImagePart, docker.RemoteImage>();
  /** Names of the workloads whose volume was made in this very update. */
  private readonly newVolumes = new Set<string>();

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
      {
        parent: placement.parent,
        deleteBeforeReplace: true,
        hooks: { afterCreate: [this.newVolumeHook(workload)] },
      },
    );
  }

  private declareContainer(
    workload: Workload,
    placement: Placement,
    volume: docker.Volume | undefined,
  ): docker.Container {
    const name = `${this.args.prefix}-${workload.name}`;
    const surroundings = {
      name,
      imageId: this.image(workload.image).imageId,
      user: imageFor(workload.image, this.args.images).user,
      network: this.network.name,
      volume: volume?.name,
      labels: this.labels(workload.name),
    };
    return new docker.Container(`${placement.name}-${workload.name}`, containerArgs(workload, surroundings), {
      parent: placement.parent,
      dependsOn: [...placement.after],
      // Two containers cannot have one name, one address and one volume.
      deleteBeforeReplace: true,
      // The provider takes a change of these in silence and applies nothing.
      replaceOnChanges: ["healthcheck", "tmpfs", "init"],
      hooks: workload.awaitProbe ? { afterCreate: [this.readinessHook(name, workload)] } : {},
    });
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

  private newVolumeHook(workload: Workload): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.args.prefix}-${workload.name}-new-volume`, () => {
      this.newVolumes.add(workload.name);
    });
  }

  /**
   * Holds the next workload back until this one is ready. One with a volume of this very update has nothing yet that
   * others could rely on, and needs them to begin: the parts of a new set start side by side.
   */
  private readinessHook(container: string, workload: Workload): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${container}-ready`, async () => {
      if (this.newVolumes.has(workload.name)) {
        return;
      }
      const { dockerEngine } = await import("./docker/engine.ts");
      const { awaitReadiness } = await import("./docker/readiness.ts");
      await awaitReadiness(dockerEngine(engineAddress()), container, {
        probe: workload.probe.command,
        deadline: READINESS_DEADLINE,
        progress: (line) => void pulumi.log.info(line, this),
      });
    });
  }

  private labels(part: string): { label: string; value: string }[] {
    return [
      { label: "redis-ha.set", value: this.args.prefix },
      { label: "redis-ha.part", value: part },
    ];
  }
}

function engineAddress(): string | undefined {
  return new pulumi.Config("docker").get("host");
}
