import { text } from "node:stream/consumers";
import type Docker from "dockerode";

/** What one set has on a Docker engine: every object with its label, of any state. */
export class SetOnDocker {
  readonly name: string;
  readonly #docker: Docker;

  constructor(docker: Docker, name: string) {
    this.#docker = docker;
    this.name = name;
  }

  /** By the name of its part: `redis-0`. */
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

  /** Another network with the label of the set, so that it is removed with it. */
  createNetwork(name: string, subnet: string, own: Readonly<Record<string, string>> = {}): Promise<Docker.Network> {
    return this.#docker.createNetwork({
      Name: name,
      IPAM: { Config: [{ Subnet: subnet }] },
      Labels: { "redis-ha.set": this.name, ...own },
    });
  }

  /** Whether the engine has an image, or a registry that the engine reaches. */
  async canHaveImage(reference: string): Promise<boolean> {
    const image = this.#docker.getImage(reference);
    const answers = await Promise.allSettled([image.inspect(), image.distribution()]);
    return answers.some(({ status }) => status === "fulfilled");
  }

  /** Such as `container ha-test-up-redis-0`, in alphabetical order. */
  async everything(): Promise<readonly string[]> {
    const [containers, networks, volumes] = await Promise.all([this.containers(), this.networks(), this.volumes()]);
    return [
      ...Object.values(containers).map(({ Name }) => `container ${Name.slice(1)}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...volumes.map(({ Name }) => `volume ${Name}`),
    ].sort();
  }

  /** What a container has written to standard output and standard error so far. */
  async logs(part: string): Promise<string> {
    return (await this.container(part).logs({ stdout: true, stderr: true })).toString("utf8");
  }

  /** Runs a command in a container, as the user it runs as, and returns what it writes. */
  async run(part: string, command: readonly string[]): Promise<string> {
    const execution = await this.container(part).exec({
      Cmd: [...command],
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    });
    return text(await execution.start({ Tty: true }));
  }

  /** At once and without grace, in the order in which Docker allows it. */
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
