import type Docker from "dockerode";
import type { Log } from "./engine.ts";
import type { Schema } from "./schema/schema.ts";
import type { Values } from "./values.ts";

/** What a resource works with while one request lasts. */
export interface Context {
  /** The Docker the provider is configured for. */
  readonly docker: Docker;
  /** Docker runs on this machine, so who listens here can take its ports. */
  readonly thisMachine: boolean;
  /** What to send along when an image is pulled from a registry that wants a login. */
  readonly credentials: (registry: string) => Credentials | undefined;
  readonly log: Log;
  /** Aborts when the engine cancels the update or the request's own time limit is over. */
  readonly signal: AbortSignal;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** A resource as Docker has it. */
export interface Actual {
  readonly id: string;
  readonly state: Values;
}

/** One kind of thing that Docker has. Its inputs are checked before they come here. */
export interface ResourceKind {
  readonly schema: Schema;
  /** Makes it; when it fails, nothing of it is left behind. */
  create(inputs: Values, context: Context): Promise<Actual>;
  /**
   * Looks it up; undefined when Docker has it no longer.
   * @param state The last known state; of an import, the defaults only.
   */
  read(id: string, state: Values, context: Context): Promise<Actual | undefined>;
  /**
   * Changes it in place.
   * @param wanted The state after the change, as far as the inputs tell.
   * @param changed The names of the inputs that change.
   */
  update(id: string, wanted: Values, changed: ReadonlySet<string>, context: Context): Promise<Values>;
  /** Removes it; that it is gone already is no error. */
  remove(id: string, state: Values, context: Context): Promise<void>;
}
