import { dockerMessage, isGone } from "../docker/errors.ts";
import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";

/**
 * Stops and removes a container. Sends the stop signal, and kills the container after `destroyGraceSeconds`. If that is
 * not set, kills the container at once.
 */
export async function removeContainer(id: string, state: Values, { docker, signal }: Context): Promise<void> {
  const container = docker.getContainer(id);
  const grace = state["destroyGraceSeconds"];
  if (state["attach"] !== true) {
    await unlessGone(() =>
      container.stop({ t: typeof grace === "number" && grace > 0 ? grace : 0, abortSignal: signal }),
    );
  }
  await unlessGone(() => container.remove({ v: state["removeVolumes"] !== false, force: true, abortSignal: signal }));
  // Waits for a removal that is already in progress: Docker removes a container with `rm` when it stops.
  await unlessGone(() => container.wait({ condition: "removed", abortSignal: signal }));
}

async function unlessGone(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    // Status 304 means that the container is already stopped.
    const done = isGone(error) || dockerMessage(error).includes("is already in progress");
    if (!done && (error as { statusCode?: number }).statusCode !== 304) {
      throw error;
    }
  }
}
