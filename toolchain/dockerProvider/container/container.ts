import { isGone } from "../docker/errors.ts";
import type { ResourceKind } from "../resource.ts";
import { createContainer } from "./create.ts";
import { removeContainer } from "./remove.ts";
import { containerSchema } from "./schema.ts";
import { containerState } from "./state.ts";
import { updateContainer } from "./update.ts";

/** `docker:index/container:Container`. The id of the resource is Docker's id of the container. */
export const container: ResourceKind = {
  schema: containerSchema,
  create: createContainer,
  read: async (id, state, { docker, signal }) => {
    try {
      const inspected = await docker.getContainer(id).inspect({ abortSignal: signal });
      return { id: inspected.Id, state: containerState(inspected, state) };
    } catch (error) {
      if (isGone(error)) {
        return undefined;
      }
      throw error;
    }
  },
  update: updateContainer,
  remove: removeContainer,
};
