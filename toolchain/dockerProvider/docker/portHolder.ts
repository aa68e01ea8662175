import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import type Docker from "dockerode";

export type Protocol = "tcp" | "udp";

/**
 * Finds the container or the program that uses a port of Docker's machine. A program can be found only if Docker runs
 * on this machine. Returns undefined if neither is found.
 */
export async function portHolder(
  docker: Docker,
  port: number,
  protocol: Protocol,
  dockerIsLocal: boolean,
): Promise<string | undefined> {
  const containers = await docker.listContainers({ filters: { publish: [`${port}/${protocol}`] } });
  const published = containers.find(({ Ports }) =>
    Ports.some(({ PublicPort, Type }) => PublicPort === port && Type === protocol),
  );
  if (published !== undefined) {
    return `container ${published.Names[0]?.replace(/^\//, "") ?? published.Id}`;
  }
  return dockerIsLocal ? await listeningProgram(port, protocol) : undefined;
}

/** Finds the program that listens on a port. Works only on Linux, since other systems have no /proc. */
async function listeningProgram(port: number, protocol: Protocol): Promise<string | undefined> {
  const inodes = new Set([
    ...(await sockets(`/proc/net/${protocol}`, port)),
    ...(await sockets(`/proc/net/${protocol}6`, port)),
  ]);
  if (inodes.size === 0) {
    return undefined;
  }
  const processes = (await names("/proc")).filter((name) => /^\d+$/.test(name));
  for (const process of processes) {
    for (const descriptor of await names(`/proc/${process}/fd`)) {
      const target = await readlink(`/proc/${process}/fd/${descriptor}`).catch(() => "");
      if (inodes.has(target)) {
        return `program ${await commandName(process)} (process ${process})`;
      }
    }
  }
  return "a program of another user";
}

/** Returns the listening sockets of a port, in the notation of the links in /proc/N/fd. */
async function sockets(table: string, port: number): Promise<string[]> {
  const text = await readFile(table, "utf8").catch(() => "");
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hexadecimal}`) && (state === tcpListens || state === udpOpen))
    .map((columns) => `socket:[${columns[9]}]`);
}

const tcpListens = "0A";
const udpOpen = "07";

/** Returns the name of a process, without its arguments, which may contain secrets. */
async function commandName(process: string): Promise<string> {
  const command = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
  return basename(command.split("\0", 1)[0] ?? "") || "without a name";
}

/** Lists a folder. Returns an empty list if the folder does not exist or cannot be read. */
async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
