import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import type Docker from "dockerode";

export type Protocol = "tcp" | "udp";

/**
 * Who has a port of the machine Docker runs on: a container, or a program when that machine is this one. Undefined
 * when neither can be found.
 */
export async function portHolder(
  docker: Docker,
  port: number,
  protocol: Protocol,
  thisMachine: boolean,
): Promise<string | undefined> {
  const containers = await docker.listContainers({ filters: { publish: [`${port}/${protocol}`] } });
  const published = containers.find(({ Ports }) =>
    Ports.some(({ PublicPort, Type }) => PublicPort === port && Type === protocol),
  );
  if (published !== undefined) {
    return `container ${published.Names[0]?.replace(/^\//, "") ?? published.Id}`;
  }
  return thisMachine ? await listeningProgram(port, protocol) : undefined;
}

/** Linux only; elsewhere there is no /proc. */
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

/** The listening sockets of a port, as the links in a process's fd folder name them. */
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

/** Without its arguments, which may hold secrets. */
async function commandName(process: string): Promise<string> {
  const command = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
  return basename(command.split("\0", 1)[0] ?? "") || "without a name";
}

/** Empty for a folder that is gone or may not be read. */
async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
