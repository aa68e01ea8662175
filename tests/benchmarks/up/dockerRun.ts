import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ContainerInspectInfo } from "dockerode";

const run = promisify(execFile);

/** Everything that `docker run` needs to create a container again. */
interface Recipe {
  readonly name: string;
  readonly commandLine: readonly string[];
  readonly volumes: readonly string[];
}

/**
 * Deploys the containers of a set with plain `docker run` commands, with the same images, limits, addresses, ports,
 * volumes and files. The files are mounted from a folder instead of being uploaded.
 */
export class DockerRun {
  readonly #network: string;
  readonly #subnet: string;
  readonly #recipes: readonly Recipe[];
  readonly #folder: string;

  private constructor(network: string, subnet: string, recipes: readonly Recipe[], folder: string) {
    this.#network = network;
    this.#subnet = subnet;
    this.#recipes = recipes;
    this.#folder = folder;
  }

  /** Derives the commands from a running set. */
  static async of(set: string, subnet: string): Promise<DockerRun> {
    const folder = await mkdtemp(join(tmpdir(), "redis-ha-bench-"));
    const { stdout } = await run("docker", ["ps", "-q", "--filter", `label=redis-ha.set=${set}`]);
    const recipes: Recipe[] = [];
    for (const id of stdout.trim().split("\n")) {
      const inspected = JSON.parse((await run("docker", ["inspect", id])).stdout)[0] as ContainerInspectInfo;
      recipes.push(await recipeOf(inspected, set, folder));
    }
    return new DockerRun(set, subnet, recipes, folder);
  }

  /** Creates the network, and then all containers at once. */
  async start(): Promise<void> {
    await run("docker", ["network", "create", "--subnet", this.#subnet, this.#network]);
    await Promise.all(this.#recipes.map(({ commandLine }) => run("docker", commandLine as string[])));
  }

  async stop(): Promise<void> {
    await run("docker", ["rm", "--force", ...this.#recipes.map(({ name }) => name)]);
    await run("docker", ["volume", "rm", ...this.#recipes.flatMap(({ volumes }) => volumes)]);
    await run("docker", ["network", "rm", this.#network]);
  }

  async forget(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

async function recipeOf(container: ContainerInspectInfo, network: string, folder: string): Promise<Recipe> {
  const name = container.Name.slice(1);
  const host = container.HostConfig;
  const mounts = container.Mounts.map(({ Name = "", Destination }) => `${Name}:${Destination}`);
  const flags = {
    name,
    network,
    ip: container.NetworkSettings.Networks[network]?.IPAddress ?? "",
    user: container.Config.User,
    hostname: container.Config.Hostname,
    "cap-drop": "ALL",
    "security-opt": "no-new-privileges",
    memory: host.Memory,
    "memory-swap": host.MemorySwap,
    cpus: (host.NanoCpus ?? 0) / 1e9,
    restart: host.RestartPolicy?.Name ?? "no",
    entrypoint: container.Config.Entrypoint?.[0] ?? "",
  };
  return {
    name,
    volumes: container.Mounts.map(({ Name = "" }) => Name),
    commandLine: [
      "run",
      "--detach",
      "--init",
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      ...Object.entries(host.Tmpfs ?? {}).map(([path, options]) => `--tmpfs=${path}:${options}`),
      ...container.Config.Env.map((variable) => `--env=${variable}`),
      ...[...mounts, ...(await files(name, folder))].map((mount) => `--volume=${mount}`),
      ...publishedPorts(host.PortBindings).map((port) => `--publish=${port}`),
      container.Image,
      ...(container.Config.Cmd ?? []),
    ],
  };
}

const fileFolders = ["/etc/redis-ha", "/etc/redis-ha-secrets"];

async function files(container: string, folder: string): Promise<readonly string[]> {
  const mounts: string[] = [];
  for (const path of fileFolders) {
    const copy = join(folder, `${container}${path.replaceAll("/", "-")}`);
    if (await copyFiles(container, path, copy)) {
      mounts.push(`${copy}:${path}:ro`);
    }
  }
  return mounts;
}

/** Returns false if the container has no such folder. The files keep their owner, who alone may read secret files. */
async function copyFiles(container: string, path: string, copy: string): Promise<boolean> {
  const archive = await run("docker", ["cp", `${container}:${path}`, "-"], { encoding: "buffer" }).catch(
    (error: Error & { stderr?: Buffer }) => {
      if (error.stderr?.includes("Could not find the file")) {
        return undefined;
      }
      throw error;
    },
  );
  if (archive === undefined) {
    return false;
  }
  await mkdir(copy);
  const extract = run("tar", [
    "--extract",
    "--same-owner",
    "--numeric-owner",
    "--strip-components=1",
    "--directory",
    copy,
  ]);
  extract.child.stdin?.end(archive.stdout);
  await extract;
  return true;
}

function publishedPorts(bindings: unknown): readonly string[] {
  return Object.entries(bindings as Record<string, { HostIp: string; HostPort: string }[]>).flatMap(([port, places]) =>
    places.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}:${port}`),
  );
}
