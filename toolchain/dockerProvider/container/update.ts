import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";
import { explain } from "./failures.ts";
import { changedLimits } from "./limits.ts";
import type { ContainerInputs } from "./schema.ts";
import { containerState } from "./state.ts";

/** What Docker can change of a container that exists. */
const changeable = new Set([
  "restart",
  "maxRetryCount",
  "cpuShares",
  "memory",
  "memoryReservation",
  "cpuSet",
  "memorySwap",
  "deviceReadBps",
  "deviceReadIops",
  "deviceWriteBps",
  "deviceWriteIops",
]);

/** What only a new container can have, and what the official plugin nevertheless changes in place: in the state only. */
const onlyAtCreation = new Set(["cpuPeriod", "cpuQuota", "healthcheck", "init", "rm", "tmpfs"]);

/** Changes a container in place: its limits, its restart policy, and whether it runs. */
export async function updateContainer(
  id: string,
  wanted: Values,
  changed: ReadonlySet<string>,
  context: Context,
): Promise<Values> {
  // Every wanted value is a checked input or what Docker reported.
  const inputs = wanted as unknown as ContainerInputs;
  const container = context.docker.getContainer(id);
  const starts = changed.has("mustRun") && inputs.mustRun && inputs.start;
  try {
    if (starts) {
      await container.start({ abortSignal: context.signal });
    }
    if ([...changed].some((name) => changeable.has(name))) {
      const policy = { Name: inputs.restart, MaximumRetryCount: inputs.maxRetryCount ?? 0 };
      await container.update({ ...changedLimits(inputs), RestartPolicy: policy });
    }
  } catch (error) {
    throw await explain(error, "update container", inputs, context);
  }
  warnOfIdleChanges(changed, context);
  // A container that was started has addresses again.
  return starts ? containerState(await container.inspect(), wanted) : wanted;
}

function warnOfIdleChanges(changed: ReadonlySet<string>, { log }: Context): void {
  const idle = [...changed].filter((name) => onlyAtCreation.has(name));
  if (idle.length === 0) {
    return;
  }
  log.warning(
    `a container keeps the ${idle.join(", ")} it was made with; list it in the resource option replaceOnChanges to have the container replaced`,
  );
}
