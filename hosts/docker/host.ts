import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { imageFor } from "../../images/catalog.ts";
import type { DockerPlan, ImagePart, ImageSource } from "../../topology/topology.ts";
import { awaitEach, declaredAmong, readinessDeadline } from "../readiness.ts";
import type { DeclaredWorkload, ExistingWorkload, Host, Placement, Workload } from "../workload.ts";
import { containerArgs } from "./containerArgs.ts";
import { labels } from "./labels.ts";
import type { Owner } from "./ownership.ts";

export interface DockerHostArgs {
  /** The prefix of the names of containers and volumes, and the name of the network. */
  readonly prefix: string;
  /** A change replaces the network and every container on it. */
  readonly network: DockerPlan;
  readonly images: ImageSource;
  /** The identity of the state; every object carries it. */
  readonly identity: pulumi.Input<string>;
}

/**
 * Runs workloads on one Docker engine, with one network for the set, and a container and a volume for each workload.
 */
export class DockerHost extends pulumi.ComponentResource implements Host {
  readonly #name: string;
  readonly #args: DockerHostArgs;
  readonly #network: docker.Network;
  readonly #images = new Map<ImagePart, docker.RemoteImage>();
  readonly #workloads = new Map<string, Workload>();
  /** Names of the workloads whose volumes the current update creates. */
  readonly #newVolumes = new Set<string>();

  constructor(name: string, args: DockerHostArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:hosts:DockerHost", name, {}, options);
    this.#name = name;
    this.#args = args;
    this.#network = this.#declareNetwork();
    this.registerOutputs({ network: this.#network.name });
  }

  run(workload: Workload, placement: Placement): DeclaredWorkload {
    this.#workloads.set(workload.name, workload);
    const volume = this.#declareVolume(workload, placement);
    const container = this.#declareContainer(workload, placement, volume);
    return { name: workload.name, id: container.id, resource: container };
  }

  async existing(): Promise<readonly ExistingWorkload[]> {
    const { existingContainers } = await import("./existing.ts");
    return existingContainers(await engine(), this.#args.prefix);
  }

  isNew(name: string): boolean {
    return this.#newVolumes.has(name);
  }

  async awaitReady(names: readonly string[]): Promise<void> {
    const { awaitReadiness } = await import("./readiness.ts");
    const client = await engine();
    await awaitEach(names, (name, signal) =>
      awaitReadiness(client, `${this.#args.prefix}-${name}`, {
        probe: declaredAmong(this.#workloads, name).probe.command,
        deadline: readinessDeadline,
        progress: this.#progress,
        signal,
      }),
    );
  }

  async requireUnclaimed(): Promise<void> {
    const { requireUnclaimed } = await import("./ownership.ts");
    await requireUnclaimed(await engine(), await this.#owner());
  }

  #declareNetwork(): docker.Network {
    const { subnet, gateway } = this.#args.network;
    return new docker.Network(
      `${this.#name}-network`,
      {
        name: this.#args.prefix,
        driver: "bridge",
        ipamConfigs: [{ subnet, gateway }],
        labels: this.#labels("network"),
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        // Adding a label would replace the network, and with it every container.
        ignoreChanges: ["labels"],
        hooks: { beforeCreate: [this.#leftoverNetworkHook()] },
      },
    );
  }

  #declareVolume(workload: Workload, placement: Placement): docker.Volume | undefined {
    if (workload.volume === undefined) {
      return undefined;
    }
    return new docker.Volume(
      `${placement.name}-${workload.name}-data`,
      { name: `${this.#args.prefix}-${workload.name}`, labels: this.#labels(workload.name) },
      {
        parent: placement.parent,
        // The network depends on every resource that may refuse the update. With this dependency the volume does, too.
        dependsOn: [this.#network],
        deleteBeforeReplace: true,
        // Adding a label would replace the volume, and its data would be lost.
        ignoreChanges: ["labels"],
        hooks: { beforeCreate: [this.#ownVolumeHook(workload), this.#newVolumeHook(workload)] },
      },
    );
  }

  #declareContainer(workload: Workload, placement: Placement, volume: docker.Volume | undefined): docker.Container {
    const name = `${this.#args.prefix}-${workload.name}`;
    const surroundings = {
      name,
      imageId: this.#image(workload.image).imageId,
      user: imageFor(workload.image, this.#args.images).user,
      network: this.#network.name,
      cpuShares: this.#args.network.cpuShares,
      volume: volume?.name,
      labels: this.#labels(workload.name),
    };
    return new docker.Container(`${placement.name}-${workload.name}`, containerArgs(workload, surroundings), {
      parent: placement.parent,
      dependsOn: resolved(placement.after),
      // Two containers cannot share a name, an address and a volume.
      deleteBeforeReplace: true,
      // The provider silently ignores a change of these fields.
      replaceOnChanges: ["healthcheck", "tmpfs", "init"],
      hooks: { beforeCreate: [this.#leftoverContainerHook(name)] },
    });
  }

  /** Returns the image resource of a part. All workloads with the same image share one resource. */
  #image(part: ImagePart): docker.RemoteImage {
    const known = this.#images.get(part);
    if (known !== undefined) {
      return known;
    }
    const image = new docker.RemoteImage(
      `${this.#name}-${part}-image`,
      { name: imageFor(part, this.#args.images).reference, keepLocally: true },
      { parent: this, hooks: this.#args.images === "local" ? { beforeCreate: [this.#buildHook(part)] } : {} },
    );
    this.#images.set(part, image);
    return image;
  }

  /** Builds the part's image on the engine if it is missing, before the provider looks for it. */
  #buildHook(part: ImagePart): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.#name}-build-${part}-image`, async () => {
      const { ensureLocalImage } = await import("../../images/build.ts");
      await ensureLocalImage(part, {
        docker: await engine(),
        progress: this.#progress,
      });
    });
  }

  #newVolumeHook(workload: Workload): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.#args.prefix}-${workload.name}-new-volume`, () => {
      this.#newVolumes.add(workload.name);
    });
  }

  /** Refuses a volume that another state created, because the provider would adopt the volume with its data. */
  #ownVolumeHook(workload: Workload): pulumi.ResourceHook {
    const volume = `${this.#args.prefix}-${workload.name}`;
    return new pulumi.ResourceHook(`${volume}-own-volume`, async () => {
      const { requireOwnVolume } = await import("./ownership.ts");
      await requireOwnVolume(await engine(), volume, (await this.#owner()).identity);
    });
  }

  /** Removes a container of this name that the state does not list, which a killed update may have left behind. */
  #leftoverContainerHook(container: string): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${container}-leftover`, async () => {
      const { removeLeftoverContainer } = await import("./leftover.ts");
      const network = await new Promise<string>((resolve) => void this.#network.id.apply(resolve));
      await removeLeftoverContainer(await engine(), container, network, await this.#leftoverOptions());
    });
  }

  #leftoverNetworkHook(): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.#args.prefix}-network-leftover`, async () => {
      const { removeLeftoverNetwork } = await import("./leftover.ts");
      await removeLeftoverNetwork(await engine(), this.#args.prefix, await this.#leftoverOptions());
    });
  }

  async #leftoverOptions() {
    return { ...(await this.#owner()), progress: this.#progress };
  }

  async #owner(): Promise<Owner> {
    const { prefix: set, identity } = this.#args;
    return { set, identity: await new Promise((resolve) => void pulumi.output(identity).apply(resolve)) };
  }

  /** Shows a line in the output of the update. */
  readonly #progress = (line: string): void => void pulumi.log.info(line, this);

  #labels(part: string): { label: string; value: pulumi.Input<string> }[] {
    return [
      { label: labels.set, value: this.#args.prefix },
      { label: labels.part, value: part },
      { label: labels.owner, value: this.#args.identity },
    ];
  }
}

async function resolved(resources: Placement["after"]): Promise<pulumi.Resource[]> {
  return [...(await resources)];
}

/**
 * Returns a client of the provider's engine. The client is loaded only in hooks: an update without changes needs none.
 */
async function engine(): Promise<Docker> {
  const { answeringEngine } = await import("./engine.ts");
  const configuration = new pulumi.Config("docker");
  return answeringEngine(configuration.get("host"), configuration.get("certPath"));
}
