import type Docker from "dockerode";
import type { ExistingWorkload } from "../workload.ts";
import { labels } from "./labels.ts";

/** Every container of a set on an engine, running or not, of any state. */
export async function existingContainers(engine: Docker, set: string): Promise<readonly ExistingWorkload[]> {
  const containers = await engine.listContainers({ all: true, filters: { label: [`${labels.set}=${set}`] } });
  return containers.map((listed) => {
    const container = engine.getContainer(listed.Id);
    return {
      name: listed.Labels[labels.part] ?? listed.Id,
      // As configured: a container that does not run has no other.
      address: listed.NetworkSettings.Networks[set]?.IPAMConfig?.IPv4Address ?? "",
      running: listed.State === "running" || listed.State === "restarting",
      ports: listed.Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(
        ({ IP: host, PrivatePort: port, PublicPort }) => ({ port, published: { host, port: PublicPort } }),
      ),
      // Without a time of its own a stop takes the container's stop timeout, which is the workload's stop grace.
      stop: () => unlessSoAlready(container.stop()),
      start: () => unlessSoAlready(container.start()),
    };
  });
}

/** 304: somebody else was faster. */
async function unlessSoAlready(action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof Error && "statusCode" in error && error.statusCode === 304)) {
      throw error;
    }
  }
}
