import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { findOnPath } from "../../../../toolchain/base/searchPath.ts";
import { prepareDocker } from "../../../../toolchain/docker/docker.ts";

/** Why no Docker daemon is available, as a suffix for the names of skipped tests; empty if one is available. */
export const noDocker = await whyNoDocker();

/** A client of the Docker daemon that the plugin uses as well. */
export const docker = new Docker();

/** The name of an image with a shell and a few programs. */
export const testImage = "prov-shell:test";

const programs = ["sh", "sleep", "cat", "echo", "true", "false", "stat", "nc"];

/** Creates the image from programs and libraries of this machine, so that no registry is needed. */
export async function makeTestImage(): Promise<void> {
  const archive = pack();
  for (const [name, source] of Object.entries(filesOf(programs))) {
    archive.entry({ name, mode: 0o755 }, readFileSync(source));
  }
  archive.entry({ name: "etc/passwd" }, "root:x:0:0::/:/bin/sh\n");
  archive.entry({ name: "tmp", type: "directory", mode: 0o1777 });
  archive.finalize();
  const [repo, tag] = testImage.split(":");
  const answer = await docker.importImage(Readable.from(archive), { repo, tag, changes: "ENV PATH=/bin" });
  await text(answer);
}

/** The names of all objects that the tests create. `cleanUp` removes no other object. */
const testNames = /^\/?prov-(c|d|holder|taken|refused|n|n-[0-9a-f]{7}|wide|v|data)$/;

/** Removes the containers, networks and volumes that a test has left behind, but not the image. */
export async function cleanUp(): Promise<void> {
  const ours = (name: string) => testNames.test(name);
  const containers = await docker.listContainers({ all: true });
  const left = containers.filter(({ Names }) => Names.some(ours));
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const networks = (await docker.listNetworks()).filter(({ Name }) => ours(Name));
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
  const { Volumes: volumes } = await docker.listVolumes();
  await Promise.all(volumes.filter(({ Name }) => ours(Name)).map(({ Name }) => docker.getVolume(Name).remove()));
}

export async function removeTestImage(): Promise<void> {
  await docker.getImage(testImage).remove({ force: true });
}

/** Runs a program in a container and returns its output. */
export async function outputOf(container: string, ...command: string[]): Promise<string> {
  const exec = await docker
    .getContainer(container)
    .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  return (await text(stream)).replaceAll("\r\n", "\n");
}

async function whyNoDocker(): Promise<string> {
  try {
    await prepareDocker();
    return "";
  } catch (error) {
    return ` - skipped: ${(error as Error).message}`;
  }
}

/**
 * Returns the files of the programs and their libraries. Keys are paths in the image, values are paths on this machine.
 */
function filesOf(names: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of names) {
    const program = findOnPath(name, process.env);
    if (program === undefined) {
      continue;
    }
    files[`bin/${basename(program)}`] = realpathSync(program);
    for (const [library = ""] of librariesOf(program).matchAll(/\/\S+/g)) {
      if (existsSync(library)) {
        files[library.slice(1)] = realpathSync(library);
      }
    }
  }
  return files;
}

/** Returns an empty text for a static program, for which ldd fails. */
function librariesOf(program: string): string {
  try {
    return execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
