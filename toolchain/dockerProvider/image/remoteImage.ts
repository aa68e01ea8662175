import { DockerFailure, dockerMessage, isGone, isRefusal } from "../docker/errors.ts";
import type { Actual, Context, ResourceKind } from "../resource.ts";
import type { Fields, Schema } from "../schema/schema.ts";
import type { Values } from "../values.ts";
import { findImage, findOrPull } from "./images.ts";

const inputs = {
  forceRemove: { kind: "boolean" },
  keepLocally: { kind: "boolean" },
  name: { kind: "string", required: true, replaces: true },
  platform: { kind: "string", default: "", replaces: true },
  pullTriggers: { kind: "set", of: { kind: "string" }, replaces: true },
  triggers: { kind: "map", replaces: true },
} as const satisfies Fields;

const schema: Schema = {
  token: "docker:index/remoteImage:RemoteImage",
  inputs,
  outputs: ["imageId", "repoDigest"],
  refused: { build: "build the image before the update, or use the official plugin of @pulumi/docker" },
  named: false,
  deleteBeforeReplace: false,
};

/** `docker:index/remoteImage:RemoteImage`. The id of the resource is the image's id with the name appended. */
export const remoteImage: ResourceKind = {
  schema,
  create: async (values, context) => {
    await findOrPull(String(values["name"]), String(values["platform"] ?? ""), context);
    return await existing(values, context);
  },
  read: async (_id, state, context) => {
    // Only the state contains the name of the image, so an image cannot be imported.
    if (typeof state["name"] !== "string") {
      return undefined;
    }
    return await actual(state, context);
  },
  update: async (_id, wanted, _changed, context) => (await existing(wanted, context)).state,
  remove: async (_id, state, { docker, signal }) => {
    if (state["keepLocally"] === true) {
      return;
    }
    const name = String(state["name"]);
    try {
      await docker.getImage(name).remove({ force: state["forceRemove"] === true, abortSignal: signal });
    } catch (error) {
      if (isGone(error)) {
        return;
      }
      if (!isRefusal(error)) {
        throw error;
      }
      throw new DockerFailure(
        `cannot remove image ${name}: ${dockerMessage(error)}; set keepLocally to keep the image, or forceRemove to remove it anyway`,
        error,
      );
    }
  },
};

async function existing(values: Values, context: Context): Promise<Actual> {
  const found = await actual(values, context);
  if (found === undefined) {
    throw new DockerFailure(`image ${String(values["name"])} no longer exists in Docker`);
  }
  return found;
}

async function actual(values: Values, context: Context): Promise<Actual | undefined> {
  const name = String(values["name"]);
  const image = await findImage(name, context);
  if (image === undefined) {
    return undefined;
  }
  return {
    id: image.Id + name,
    state: { ...values, imageId: image.Id, repoDigest: repoDigest(name, image.RepoDigests ?? []) },
  };
}

/** Returns the image's digest in the repository of its name, or else its first digest; empty for a local image. */
function repoDigest(name: string, digests: readonly string[]): string {
  const repository = name.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  return digests.find((digest) => digest.split("@")[0] === repository) ?? digests[0] ?? "";
}
