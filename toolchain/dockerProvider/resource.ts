import type Docker from "dockerode";
import type { Log } from "./engine.ts";
import type { Schema } from "./schema/schema.ts";
import type { Values } from "./values.ts";

/** The context of one request. */
export interface Context {
  /** A client of the configured Docker daemon. */
  readonly docker: Docker;
  /** True if Docker runs on this machine. A program on this machine can then occupy a port that a container needs. */
  readonly dockerIsLocal: boolean;
  /** Returns the login for a registry from which an image is pulled; undefined if none is configured. */
  readonly credentials: (registry: string) => Credentials | undefined;
  readonly log: Log;
  /** Aborts when the engine cancels the update or the timeout of the request expires. */
  readonly signal: AbortSignal;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** The actual state of a resource in Docker. */
export interface Actual {
  readonly id: string;
  readonly state: Values;
}

/** A kind of resource, such as a container. The inputs have been checked before its methods are called. */
export interface ResourceKind {
  readonly schema: Schema;
  /** Creates the resource. A failed creation leaves nothing behind. */
  create(inputs: Values, context: Context): Promise<Actual>;
  /**
   * Reads the resource; undefined if it no longer exists.
   * @param state The last known state. In an import, only the defaults.
   */
  read(id: string, state: Values, context: Context): Promise<Actual | undefined>;
  /**
   * Changes the resource in place.
   * @param wanted The state after the change, as far as the inputs determine it.
   * @param changed The names of the inputs that change.
   */
  update(id: string, wanted: Values, changed: ReadonlySet<string>, context: Context): Promise<Values>;
  /** Removes the resource. Succeeds if it no longer exists. */
  remove(id: string, state: Values, context: Context): Promise<void>;
}
