import type Docker from "dockerode";
import { dockersWords, isGone } from "../docker/errors.ts";
import { findOrPull } from "../image/images.ts";
import type { Actual, Context } from "../resource.ts";
import type { Values } from "../values.ts";
import { explain } from "./failures.ts";
import { untilExited, untilHealthy } from "./health.ts";
import { attachNetworks } from "./networks.ts";
import { removeContainer } from "./remove.ts";
import { containerRequest } from "./request.ts";
import type { ContainerInputs } from "./schema.ts";
import { ordered } from "./sets.ts";
import { containerState } from "./state.ts";
import { upload } from "./uploads.ts";

/**
 * Creates a container and starts it. When a step after its creation fails, the container is removed again, so that
 * its name is free for the next update. (The official plugin keeps it, and takes it for finished in the next update.)
 */
export async function createContainer(values: Values, context: Context): Promise<Actual> {
  // The inputs have been checked against the schema that this type is made from.
  const inputs = values as unknown as ContainerInputs;
  const container = await creation(inputs, context);
  try {
    await step("connect to its networks", () => attachNetworks(context.docker, container.id, inputs));
    await step("upload files to", () => upload(container, ordered(inputs, "uploads"), context.signal));
    const ended = inputs.start ? await run(container, inputs, context) : {};
    const inspected = await container.inspect();
    return { id: inspected.Id, state: { ...containerState(inspected, values), ...ended } };
  } catch (error) {
    await discard(container, values, error, context);
    throw error;
  }

  async function step(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw await explain(error, `${what} container`, inputs, context);
    }
  }
}

/** Creates the container; only when Docker does not have the image, it is pulled first. */
async function creation(inputs: ContainerInputs, context: Context): Promise<Docker.Container> {
  try {
    return await create(inputs, context);
  } catch (error) {
    if (!isGone(error) || !/no such image/i.test(dockersWords(error))) {
      throw await explain(error, "create container", inputs, context);
    }
  }
  await findOrPull(inputs.image, inputs.platform ?? "", context);
  try {
    return await create(inputs, context);
  } catch (error) {
    throw await explain(error, "create container", inputs, context);
  }
}

/** Without a signal: an interrupted creation might leave an unknown container. */
async function create(inputs: ContainerInputs, { docker }: Context): Promise<Docker.Container> {
  const options = {
    // Dockerode sends everything both ways unless it is told what belongs into the address.
    _query: { name: inputs.name, ...(inputs.platform ? { platform: inputs.platform } : {}) },
    _body: containerRequest(inputs),
  };
  return await docker.createContainer(options as Docker.ContainerCreateOptions);
}

async function run(container: Docker.Container, inputs: ContainerInputs, context: Context): Promise<Values> {
  try {
    await container.start({ abortSignal: context.signal });
  } catch (error) {
    throw await explain(error, "start container", inputs, context);
  }
  if (inputs.wait) {
    await untilHealthy(container, inputs, context);
  }
  return inputs.attach ? await untilExited(container, inputs, context) : {};
}

/** Removes what a failed creation leaves; when that fails too, both are said. */
async function discard(container: Docker.Container, values: Values, failure: unknown, context: Context): Promise<void> {
  const name = String(values["name"]);
  try {
    // The context's signal may be what ended the creation; the removal must still be done.
    const signal = new AbortController().signal;
    await removeContainer(container.id, { ...values, attach: false }, { ...context, signal });
  } catch (error) {
    throw new Error(
      `${dockersWords(failure)}\nand then the container could not be removed: ${dockersWords(error)}; remove it with docker rm --force ${name}`,
      { cause: failure },
    );
  }
}
