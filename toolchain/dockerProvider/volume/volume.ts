import { DockerFailure, dockerMessage, Interrupted, isGone, isRefusal } from "../docker/errors.ts";
import { labelFields, labelObject, labelState } from "../docker/labels.ts";
import { poll } from "../docker/poll.ts";
import type { Actual, Context, ResourceKind } from "../resource.ts";
import type { Fields, Schema, ValuesOf } from "../schema/schema.ts";
import type { Values } from "../values.ts";

const inputs = {
  driver: { kind: "string", replaces: true, computed: true },
  driverOpts: { kind: "map", replaces: true },
  labels: { kind: "set", of: { kind: "object", fields: labelFields }, replaces: true },
  name: { kind: "string", replaces: true, computed: true },
} as const satisfies Fields;

type VolumeInputs = ValuesOf<typeof inputs>;

const schema: Schema = {
  token: "docker:index/volume:Volume",
  version: "1",
  inputs,
  outputs: ["mountpoint"],
  refused: { cluster: "use the official plugin of @pulumi/docker for cluster volumes" },
  named: true,
  deleteBeforeReplace: false,
};

/** Milliseconds that the removal waits until no container uses the volume: the same as in the official plugin. */
const inUseLimit = 30_000;

/** `docker:index/volume:Volume`. The id of the resource is the name of the volume. */
export const volume: ResourceKind = {
  schema,
  create: async (values, context) => {
    // The inputs have been checked against the schema from which this type is derived.
    const { name, driver, driverOpts, labels } = values as unknown as VolumeInputs;
    try {
      const created = await context.docker.createVolume({
        Name: name || undefined,
        Driver: driver || undefined,
        DriverOpts: driverOpts && { ...driverOpts },
        Labels: labels?.length ? labelObject(labels) : undefined,
      });
      const found = await read(created.name, values, context);
      if (found === undefined) {
        throw new DockerFailure(`volume ${created.name} was removed while it was being created`);
      }
      return found;
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      throw new DockerFailure(`cannot create volume ${name ?? ""}: ${dockerMessage(error)}`, error);
    }
  },
  read,
  update: async (_id, wanted) => wanted,
  remove,
};

async function read(id: string, state: Values, { docker }: Context): Promise<Actual | undefined> {
  try {
    const found = await docker.getVolume(id).inspect();
    return {
      id: found.Name,
      state: {
        ...state,
        name: found.Name,
        driver: found.Driver,
        driverOpts: found.Options ?? {},
        labels: labelState(found.Labels),
        mountpoint: found.Mountpoint,
      },
    };
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

async function remove(id: string, _state: Values, { docker, log, signal }: Context): Promise<void> {
  let refusal: unknown;
  const removed = await poll(
    inUseLimit,
    signal,
    async () => {
      try {
        await docker.getVolume(id).remove({ force: true, abortSignal: signal });
        return true;
      } catch (error) {
        if (isGone(error)) {
          return true;
        }
        if (!dockerMessage(error).includes("volume is in use")) {
          throw error;
        }
        refusal = error;
        return false;
      }
    },
    () => log.status(`waiting until no container uses volume ${id}`),
  );
  if (removed) {
    return;
  }
  if (signal.aborted) {
    throw new Interrupted(`waiting until no container uses volume ${id}`);
  }
  const users = await docker.listContainers({ all: true, filters: { volume: [id] } });
  const names = users.map((user) => user.Names[0]?.replace(/^\//, "") ?? user.Id).join(", ");
  throw new DockerFailure(
    `cannot remove volume ${id}: after ${inUseLimit / 1000} s it is still used by ${names || dockerMessage(refusal)}; remove those containers first`,
    refusal,
  );
}
