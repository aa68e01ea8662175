import { execFile } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { NodeFaults } from "../../../drills/nodeFaults.ts";
import type { SetOnDocker } from "./setOnDocker.ts";

const run = promisify(execFile);

/** The reason why faults cannot be injected here, shown after "skipped:"; undefined if they can. */
export const withoutFaults =
  process.platform === "linux" && process.getuid?.() === 0 && !process.env["DOCKER_HOST"]?.match(/^(ssh|tcp|http)/)
    ? undefined
    : "stopping processes and cutting networks needs root on the machine of the Docker daemon";

/** Directions of packets in iptables: the chain, the option for the peer, and the option for the device. */
const directions = [
  ["INPUT", "--source", "--in-interface"],
  ["OUTPUT", "--destination", "--out-interface"],
] as const;

/** Injects faults into containers on the daemon of this machine. Needs root. */
export class DockerFaults implements NodeFaults {
  readonly #set: SetOnDocker;

  constructor(set: SetOnDocker) {
    this.#set = set;
  }

  async kill(node: string): Promise<void> {
    await this.#set.container(node).kill();
  }

  async start(node: string): Promise<void> {
    await this.#set.container(node).start();
  }

  async stop(node: string): Promise<void> {
    await this.#set.container(node).stop();
  }

  async crash(node: string): Promise<void> {
    process.kill(await this.#server(node), "SIGKILL");
  }

  async freeze(node: string): Promise<void> {
    process.kill(await this.#server(node), "SIGSTOP");
  }

  async thaw(node: string): Promise<void> {
    process.kill(await this.#server(node), "SIGCONT");
  }

  async isolate(node: string): Promise<void> {
    const { gateway, subnet } = await this.#network();
    for (const [chain, other, device] of directions) {
      // A node's connections to itself stay. Clients on this machine connect from the network's gateway, and stay too.
      await this.#filter(node, ["-A", chain, device, "lo", "-j", "ACCEPT"]);
      await this.#filter(node, ["-A", chain, other, gateway, "-j", "ACCEPT"]);
      await this.#filter(node, ["-A", chain, other, subnet, "-j", "DROP"]);
    }
  }

  async heal(node: string): Promise<void> {
    for (const [chain] of directions) {
      await this.#filter(node, ["-F", chain]);
    }
  }

  async handOver(node: string): Promise<void> {
    // Without a terminal, `docker exec` returns the exit code of the script.
    await run("docker", ["exec", this.#set.container(node).id, "sh", "/etc/redis-ha/switchover.sh"]);
  }

  async restartWithoutData(node: string): Promise<void> {
    const { Mounts } = await this.#set.container(node).inspect();
    await this.kill(node);
    for (const { Source } of Mounts) {
      for (const entry of await readdir(Source)) {
        await rm(join(Source, entry), { recursive: true });
      }
    }
    await this.start(node);
  }

  /** The process id, on this machine, of the Redis or Sentinel in a container. */
  async #server(node: string): Promise<number> {
    const { Titles, Processes }: { Titles: string[]; Processes: string[][] } = await this.#set
      .container(node)
      .top({ ps_args: "-eo pid,comm" });
    const column = Titles.indexOf("PID");
    const server = Processes.find((process) => process.some((cell) => /^redis-(server|sentinel)$/.test(cell)));
    if (server === undefined) {
      throw new Error(`no Redis runs in ${node}: ${JSON.stringify(Processes)}`);
    }
    return Number(server[column]);
  }

  /** Changes the packet filter inside the container's own network namespace. */
  async #filter(node: string, rule: readonly string[]): Promise<void> {
    const { State } = await this.#set.container(node).inspect();
    await run("nsenter", [`--net=/proc/${State.Pid}/ns/net`, "iptables", "-w", ...rule]);
  }

  async #network(): Promise<{ readonly subnet: string; readonly gateway: string }> {
    const [network] = await this.#set.networks();
    const config = network?.IPAM?.Config?.[0];
    return { subnet: config?.Subnet ?? "", gateway: config?.Gateway ?? "" };
  }
}
