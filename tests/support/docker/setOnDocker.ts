import { text } from "node:stream/consumers";
import type Docker from "dockerode";

/** The objects of a set on a Docker engine: all objects with the set's label, whatever state created them. */
export class SetOnDocker {
  readonly name: string;
  readonly #docker: Docker;

  constructor(docker: Docker, name: string) {
    this.#docker = docker;
    this.name = name;
  }

  /** The container of a part, such as `redis-0`. */
  container(part: string): Docker.Container {
    return this.#docker.getContainer(`${this.name}-${part}`);
  }

  /** Every container, running or not, by the name of its part. */
  async containers(): Promise<Readonly<Record<string, Docker.ContainerInspectInfo>>> {
    const found = await this.#docker.listContainers({ all: true, filters: this.#own });
    const inspected = await Promise.all(found.map(({ Id }) => this.#docker.getContainer(Id).inspect()));
    return Object.fromEntries(inspected.map((container) => [container.Config.Labels["redis-ha.part"], container]));
  }

  async networks(): Promise<readonly Docker.NetworkInspectInfo[]> {
    return this.#docker.listNetworks({ filters: this.#own });
  }

  async volumes(): Promise<readonly Docker.VolumeInspectInfo[]> {
    return (await this.#docker.listVolumes({ filters: this.#own })).Volumes;
  }

  /** Creates another network with the label of the set, so that it is removed with the set. */
  createNetwork(name: string, subnet: string, own: Readonly<Record<string, string>> = {}): Promise<Docker.Network> {
    return this.#docker.createNetwork({
      Name: name,
      IPAM: { Config: [{ Subnet: subnet }] },
      Labels: { "redis-ha.set": this.name, ...own },
    });
  }

  /** True if the engine has an image, or can pull it from a registry. */
  async canHaveImage(reference: string): Promise<boolean> {
    const image = this.#docker.getImage(reference);
    const answers = await Promise.allSettled([image.inspect(), image.distribution()]);
    return answers.some(({ status }) => status === "fulfilled");
  }

  /** All objects, such as `container ha-test-up-redis-0`, in alphabetical order. */
  async everything(): Promise<readonly string[]> {
    const [containers, networks, volumes] = await Promise.all([this.containers(), this.networks(), this.volumes()]);
    return [
      ...Object.values(containers).map(({ Name }) => `container ${Name.slice(1)}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...volumes.map(({ Name }) => `volume ${Name}`),
    ].sort();
  }

  /** The standard output and standard error of a container so far. */
  async logs(part: string): Promise<string> {
    return (await this.container(part).logs({ stdout: true, stderr: true })).toString("utf8");
  }

  /** Runs a command in a container as the container's user, and returns the output. */
  async run(part: string, command: readonly string[]): Promise<string> {
    const execution = await this.container(part).exec({
      Cmd: [...command],
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    });
    return text(await execution.start({ Tty: true }));
  }

  /** Removes all objects without a grace period, in the order that Docker allows. */
  async remove(): Promise<void> {
    const containers = Object.values(await this.containers());
    await Promise.all(containers.map(({ Id }) => this.#docker.getContainer(Id).remove({ force: true, v: true })));
    const networks = await this.networks();
    await Promise.all(networks.map(({ Id }) => this.#docker.getNetwork(Id).remove()));
    const volumes = await this.volumes();
    await Promise.all(volumes.map(({ Name }) => this.#docker.getVolume(Name).remove()));
  }

  get #own(): { label: string[] } {
    return { label: [`redis-ha.set=${this.name}`] };
  }
}
