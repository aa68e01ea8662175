import { dockersWords, isGone } from "../docker/errors.ts";
import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";

/**
 * Stops a container and removes it: it is sent its stop signal, and killed when it still runs `destroyGraceSeconds`
 * later; without them, right away.
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
  // Someone else may be removing it: a container with `rm` removes itself when it stops.
  await unlessGone(() => container.wait({ condition: "removed", abortSignal: signal }));
}

async function unlessGone(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    // 304 is a container that is stopped already.
    const done = isGone(error) || dockersWords(error).includes("is already in progress");
    if (!done && (error as { statusCode?: number }).statusCode !== 304) {
      throw error;
    }
  }
}
