import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";
import { explain } from "./failures.ts";
import { changedLimits } from "./limits.ts";
import type { ContainerInputs } from "./schema.ts";
import { containerState } from "./state.ts";

/** Inputs that Docker can change in an existing container. */
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

/**
 * Inputs that take effect only in a new container. Like the official plugin, an update changes them only in the state.
 */
const onlyAtCreation = new Set(["cpuPeriod", "cpuQuota", "healthcheck", "init", "rm", "tmpfs"]);

/** Changes a container in place: its limits, its restart policy, and whether it runs. */
export async function updateContainer(
  id: string,
  wanted: Values,
  changed: ReadonlySet<string>,
  context: Context,
): Promise<Values> {
  // Every value is either a checked input or a value that Docker has reported.
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
  warnAboutIneffectiveChanges(changed, context);
  // After a start, the state is read again, since the container has new addresses.
  return starts ? containerState(await container.inspect(), wanted) : wanted;
}

function warnAboutIneffectiveChanges(changed: ReadonlySet<string>, { log }: Context): void {
  const ineffective = [...changed].filter((name) => onlyAtCreation.has(name));
  if (ineffective.length === 0) {
    return;
  }
  log.warning(
    `the change of ${ineffective.join(", ")} has no effect on an existing container; to replace the container, list it in the resource option replaceOnChanges`,
  );
}
