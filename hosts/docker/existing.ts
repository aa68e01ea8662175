import type Docker from "dockerode";
import type { ExistingWorkload } from "../workload.ts";
import { labels } from "./labels.ts";

/** Lists the containers of a set on an engine, running or not, whichever state created them. */
export async function existingContainers(engine: Docker, set: string): Promise<readonly ExistingWorkload[]> {
  const containers = await engine.listContainers({ all: true, filters: { label: [`${labels.set}=${set}`] } });
  return containers.map((listed) => {
    const container = engine.getContainer(listed.Id);
    return {
      name: listed.Labels[labels.part] ?? listed.Id,
      // The configured address: a container that does not run has no other.
      address: listed.NetworkSettings.Networks[set]?.IPAMConfig?.IPv4Address ?? "",
      running: listed.State === "running" || listed.State === "restarting",
      ports: listed.Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(
        ({ IP: host, PrivatePort: port, PublicPort }) => ({ port, published: { host, port: PublicPort } }),
      ),
      // Without an explicit timeout, Docker uses the container's stop timeout, which is the workload's stop grace.
      stop: () => ignoreNotModified(container.stop()),
      start: () => ignoreNotModified(container.start()),
    };
  });
}

/** Ignores HTTP status 304, which means that the container is already stopped or started. */
async function ignoreNotModified(action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof Error && "statusCode" in error && error.statusCode === 304)) {
      throw error;
    }
  }
}
