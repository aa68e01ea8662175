import type Docker from "dockerode";
import { dockerMessage, isGone } from "../docker/errors.ts";
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
 * Creates a container and starts it. If a later step fails, removes the container, so that its name is free in the next
 * update. (The official plugin keeps the container, and considers it complete in the next update.)
 */
export async function createContainer(values: Values, context: Context): Promise<Actual> {
  // The inputs have been checked against the schema from which this type is derived.
  const inputs = values as unknown as ContainerInputs;
  const container = await creation(inputs, context);
  try {
    await step("connect to its networks", () => attachNetworks(context.docker, container.id, inputs));
    await step("upload files to", () => upload(container, ordered(inputs, "uploads"), context.signal));
    const outcome = inputs.start ? await run(container, inputs, context) : {};
    const inspected = await container.inspect();
    return { id: inspected.Id, state: { ...containerState(inspected, values), ...outcome } };
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

/** Creates the container. Pulls the image only if Docker does not have it. */
async function creation(inputs: ContainerInputs, context: Context): Promise<Docker.Container> {
  try {
    return await create(inputs, context);
  } catch (error) {
    if (!isGone(error) || !/no such image/i.test(dockerMessage(error))) {
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

/** Sends the request to create the container. It cannot be aborted, since that could leave a container behind. */
async function create(inputs: ContainerInputs, { docker }: Context): Promise<Docker.Container> {
  const options = {
    // Without this separation, dockerode sends every option both in the query and in the body.
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

/** Removes the container after a failed creation. If the removal fails too, the error contains both messages. */
async function discard(container: Docker.Container, values: Values, failure: unknown, context: Context): Promise<void> {
  const name = String(values["name"]);
  try {
    // The removal has its own signal, since the signal of the context may have aborted the creation.
    const signal = new AbortController().signal;
    await removeContainer(container.id, { ...values, attach: false }, { ...context, signal });
  } catch (error) {
    throw new Error(
      `${dockerMessage(failure)}\nThe container could not be removed after this error: ${dockerMessage(error)}; remove it with docker rm --force ${name}`,
      { cause: failure },
    );
  }
}
