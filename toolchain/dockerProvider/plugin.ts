import type Docker from "dockerode";
import { container } from "./container/container.ts";
import { explainEnvironmentError } from "./docker/circumstances.ts";
import { type Configuration, checkConfiguration, parseConfiguration } from "./docker/configuration.ts";
import { connect } from "./docker/connection.ts";
import { Interrupted } from "./docker/errors.ts";
import type { Engine } from "./engine.ts";
import { remoteImage } from "./image/remoteImage.ts";
import { network } from "./network/network.ts";
import type { Actual, Context, ResourceKind } from "./resource.ts";
import { type Checked, checkInputs, type Failure, type Naming } from "./schema/check.ts";
import { type Changes, difference } from "./schema/difference.ts";
import { topLevel } from "./schema/path.ts";
import { planned } from "./schema/planned.ts";
import { defaultState, importedInputs, refreshedInputs } from "./schema/refresh.ts";
import type { Property, Schema } from "./schema/schema.ts";
import { defaultsKey, isList, isObject, unknown, type Value, type Values } from "./values.ts";
import { volume } from "./volume/volume.ts";

/** The result of comparing the state of a resource with its inputs. */
export interface Verdict {
  readonly changes: Changes;
  /** True if the old resource must be deleted before its replacement is created, since both have the same name. */
  readonly deleteBeforeReplace: boolean;
  /** Names of properties that do not change in this update. */
  readonly stables: readonly string[];
}

/** The resource of a request. */
export interface Subject {
  readonly urn: string;
  /** The timeout of the request in seconds; 0 for no timeout. */
  readonly timeout: number;
}

/** Handles the requests of the engine, in plain values. */
export class Plugin {
  readonly #engine: Engine;
  readonly #kinds: ReadonlyMap<string, ResourceKind>;
  readonly #cancelled = new AbortController();
  #configuration: Configuration | undefined;
  #docker: Promise<Docker> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#kinds = new Map([container, network, volume, remoteImage].map((kind) => [kind.schema.token, kind]));
  }

  checkConfiguration(given: Values): readonly Failure[] {
    return checkConfiguration(given);
  }

  configure(inputs: Values): void {
    this.#configuration = parseConfiguration(inputs);
  }

  check(urn: string, before: Values, given: Values, naming: Omit<Naming, "resource">): Checked {
    return checkInputs(this.#kind(urn).schema, before, given, { ...naming, resource: nameOf(urn) });
  }

  diff(urn: string, state: Values, inputs: Values, ignored: readonly string[]): Verdict {
    const { schema } = this.#kind(urn);
    const changes = difference(schema, state, inputs, ignored);
    const replaced = new Set([...changes].filter(([, change]) => change.replaces).map(([path]) => topLevel(path)));
    return {
      changes,
      deleteBeforeReplace: replaced.size > 0 && (schema.deleteBeforeReplace || hasGivenName(schema, inputs)),
      stables: Object.keys(schema.inputs).filter((name) => schema.inputs[name]?.replaces && !replaced.has(name)),
    };
  }

  async create(subject: Subject, inputs: Values): Promise<Actual> {
    const kind = this.#kind(subject.urn);
    const wanted = completed(kind.schema, inputs);
    const { id, state } = await this.#work(subject, (context) => kind.create(wanted, context));
    return { id, state: stored(kind.schema, state) };
  }

  /** Returns the state after a creation. Values that Docker decides are unknown. */
  previewCreate(urn: string, inputs: Values): Values {
    const { schema } = this.#kind(urn);
    const open = Object.entries(schema.inputs).filter(([, property]) => property.computed);
    return {
      ...Object.fromEntries([...open.map(([name]) => name), ...schema.outputs].map((name) => [name, unknown])),
      ...withoutDefaults(completed(schema, inputs)),
    };
  }

  /** Reads the state, and the inputs that match it; undefined if the resource no longer exists. */
  async read(subject: Subject, id: string, state: Values, inputs: Values) {
    const kind = this.#kind(subject.urn);
    const imported = Object.keys(state).length === 0;
    const known = imported ? defaultState(kind.schema) : state;
    const actual = await this.#work(subject, (context) => kind.read(id, known, context));
    if (actual === undefined) {
      return undefined;
    }
    return {
      id: actual.id,
      state: stored(kind.schema, actual.state),
      inputs: imported ? importedInputs(kind.schema, actual.state) : refreshedInputs(kind.schema, inputs, actual.state),
    };
  }

  async update(
    subject: Subject,
    id: string,
    state: Values,
    inputs: Values,
    ignored: readonly string[],
  ): Promise<Values> {
    const kind = this.#kind(subject.urn);
    const changed = new Set([...difference(kind.schema, state, inputs, ignored).keys()].map(topLevel));
    const wanted = this.previewUpdate(subject.urn, state, inputs);
    return stored(kind.schema, await this.#work(subject, (context) => kind.update(id, wanted, changed, context)));
  }

  /** Returns the state after an update. */
  previewUpdate(urn: string, state: Values, inputs: Values): Values {
    return planned(this.#kind(urn).schema, state, inputs);
  }

  async remove(subject: Subject, id: string, state: Values): Promise<void> {
    const kind = this.#kind(subject.urn);
    await this.#work(subject, (context) => kind.remove(id, state, context));
  }

  /** Aborts all running requests. Later requests fail immediately. */
  cancel(): void {
    this.#cancelled.abort();
  }

  #kind(urn: string): ResourceKind {
    const token = typeOf(urn);
    const kind = this.#kinds.get(token);
    if (kind !== undefined) {
      return kind;
    }
    const served = [...this.#kinds.keys()].join(", ");
    throw new Error(
      `${token} is not implemented by this Docker plugin, which serves ${served}; use the official plugin of @pulumi/docker for it`,
    );
  }

  async #work<T>({ urn, timeout }: Subject, work: (context: Context) => Promise<T>): Promise<T> {
    const configuration = this.#configuration;
    if (configuration === undefined) {
      throw new Error("the Docker provider was not configured");
    }
    const limits = timeout > 0 ? [AbortSignal.timeout(timeout * 1000)] : [];
    const signal = AbortSignal.any([this.#cancelled.signal, ...limits]);
    if (signal.aborted) {
      throw new Interrupted("the update was being cancelled");
    }
    this.#docker ??= connect(configuration);
    const docker = await this.#docker;
    const { host, credentials } = configuration;
    try {
      return await work({
        docker,
        credentials,
        signal,
        log: this.#engine.log(urn),
        dockerIsLocal: host.startsWith("unix:"),
      });
    } catch (error) {
      throw explainEnvironmentError(error, host, signal.aborted);
    } finally {
      await this.#engine.flush();
    }
  }
}

/** Returns the inputs with every default. The checked inputs lack defaults that are zero. */
function completed(schema: Schema, inputs: Values): Values {
  return { ...defaultState(schema), ...inputs };
}

/**
 * Returns the state as the engine stores it: with empty lists, and with the schema version of the official plugin. The
 * official plugin needs both to read the state, for a user who changes to that plugin.
 */
function stored(schema: Schema, state: Values): Values {
  const lists = Object.entries(schema.inputs).filter(([name, { kind }]) => isCollection(kind) && !state[name]);
  const meta = schema.version === undefined ? {} : { __meta: JSON.stringify({ schema_version: schema.version }) };
  return { ...withoutDefaults(state), ...Object.fromEntries(lists.map(([name]) => [name, []])), ...meta };
}

function isCollection(kind: Property["kind"]): boolean {
  return kind === "list" || kind === "set";
}

/** Removes the lists of defaults, which belong to inputs, and the entries that the official plugin adds. */
function withoutDefaults(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => !name.startsWith("__"))
      .map(([name, value]) => [name, withoutNestedDefaults(value)]),
  );
}

function withoutNestedDefaults(value: Value): Value {
  if (isList(value)) {
    return value.map(withoutNestedDefaults);
  }
  if (!isObject(value)) {
    return value;
  }
  const members = Object.entries(value).filter(([name]) => name !== defaultsKey);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNestedDefaults(member)]));
}

function hasGivenName(schema: Schema, inputs: Values): boolean {
  const defaults = inputs[defaultsKey];
  return schema.named && isList(defaults) && inputs["name"] !== undefined && !defaults.includes("name");
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Returns the resource's name in the program. The name can contain colons. */
function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
