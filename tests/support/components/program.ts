import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

/** One resource as it was registered with the engine. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** The parent, as `type name`; undefined if it is the stack itself. */
  readonly parent: string | undefined;
  /** Names of the resources that must exist first, sorted. */
  readonly dependencies: readonly string[];
  /** The inputs as they are sent to the engine. A secret is in Pulumi's envelope, see `secret`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly deleteBeforeReplace: boolean;
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** Such as `beforeCreate verification-checks`. */
  readonly hooks: readonly string[];
  /** The registered outputs of a component; undefined if there are none, or if the resource is no component. */
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
}

/** All that a program registered with the engine. */
export interface Declaration {
  /** Every resource except the stack itself, ordered by name. */
  readonly resources: readonly Registration[];
  /** The exports of the program. A secret is in its envelope. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Runs a hook as the engine does. It rejects with the error that would fail the update. */
  readonly runHook: (name: string, change?: Change) => Promise<void>;
}

/** The arguments that the engine passes to the hook of a changed resource. */
export type Change = Pick<pulumi.ResourceHookArgs, "oldInputs" | "newInputs">;

/**
 * Runs a program to its end under Pulumi's mocks. It rejects with the error of the program.
 *
 * @param stashed the values of stashes from an earlier update, by their names. @default their current inputs
 */
export async function declared(program: () => unknown, stashed: Stashed = {}): Promise<Declaration> {
  const { failure, ...declaration } = await run(program, stashed);
  if (failure !== undefined) {
    throw failure;
  }
  return declaration;
}

/** Runs a program that must fail. Returns its error, and what it had declared before. */
export async function refused(program: () => unknown): Promise<Declaration & { readonly failure: unknown }> {
  const declaration = await run(program);
  if (declaration.failure === undefined) {
    throw new Error("the program was expected to fail, and succeeded");
  }
  return declaration;
}

/** The only resource with the given name, and with the given type if several have the name. */
export function named({ resources }: Declaration, name: string, type?: string): Registration {
  const description = `resource ${type ?? ""} ${name}`;
  return one(resources, (found) => found.name === name && (type === undefined || found.type === type), description);
}

/** The resources of one type. */
export function ofType({ resources }: Declaration, type: string): readonly Registration[] {
  return resources.filter((resource) => resource.type === type);
}

/** A secret value as it is sent to the engine: an envelope with Pulumi's signature for secrets. */
export function secret(value: unknown): Readonly<Record<string, unknown>> {
  return { [signature]: secretSignature, value };
}

export function isSecret(value: unknown): value is { readonly value: unknown } {
  return typeof value === "object" && value !== null && signature in value && value[signature] === secretSignature;
}

/** Every text in a value, including keys, except for secrets. */
export function plainTexts(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) {
    return [String(value)];
  }
  return isSecret(value) ? [] : Object.entries(value).flatMap(([key, inner]) => [key, ...plainTexts(inner)]);
}

const stack = "pulumi:pulumi:Stack";
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Arguments for hooks, most of which do not read them. */
const noResource: pulumi.ResourceHookArgs = { urn: "", id: "", name: "", type: "" };

type Stashed = Readonly<Record<string, unknown>>;

async function run(
  program: () => unknown,
  stashed: Stashed = {},
): Promise<Declaration & { readonly failure: unknown }> {
  const newResource = (args: pulumi.runtime.MockResourceArgs) => made(args, stashed);
  await pulumi.runtime.setMocks({ newResource, call }, "redis-ha", "test", false, "organization");
  const requests = recordRequests();
  const hooks = await recordHooks();
  let failure: unknown;
  await pulumi.runtime.runInPulumiStack(async () => {
    try {
      return await program();
    } catch (reason) {
      // The stack would also reject other promises, which only a language host's process can await.
      failure = reason;
      return {};
    }
  });
  await pulumi.runtime.disconnect();
  const registrations = requests.map(registrationOf);
  return {
    failure,
    resources: registrations.filter(({ type }) => type !== stack).sort(byNameAndType),
    outputs: registrations.find(({ type }) => type === stack)?.outputs ?? {},
    runHook: async (name, change = {}) =>
      one([...hooks.values()], (hook) => hook.name === name, `hook ${name}`).callback({ ...noResource, ...change }),
  };
}

/** Adds what a provider adds: an id to an image, the input as the output of a stash, and a name if there is none. */
function made({ name, inputs }: pulumi.runtime.MockResourceArgs, stashed: Stashed): pulumi.runtime.MockResourceResult {
  const { metadata, ...rest } = inputs;
  const named = metadata === undefined ? {} : { metadata: { name: `${name}-made-up`, ...metadata } };
  return {
    id: `${name}-id`,
    state: { ...rest, ...named, imageId: `sha256:${name}`, output: stashed[name] ?? inputs["input"] },
  };
}

function call({ token }: pulumi.runtime.MockCallArgs): never {
  throw new Error(`the program called the function ${token} of a provider`);
}

interface Request {
  readonly resource: RegisterResourceRequest;
  outputs?: RegisterResourceOutputsRequest;
}

/** Records the requests, which also have parents, order, hooks and outputs of components. Mocks do not get these. */
function recordRequests(): readonly Request[] {
  const requests: Request[] = [];
  const byUrn = new Map<string, Request>();
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const { registerResource, registerResourceOutputs } = monitor;
  monitor.registerResource = (resource, callback) => {
    const request = { resource };
    requests.push(request);
    return registerResource.call(monitor, resource, (error, response) => {
      byUrn.set(response?.getUrn() ?? "", request);
      callback(error, response);
    });
  };
  monitor.registerResourceOutputs = (outputs, callback) => {
    const request = byUrn.get(outputs.getUrn());
    if (request !== undefined) {
      request.outputs = outputs;
    }
    return registerResourceOutputs.call(monitor, outputs, callback);
  };
  return requests;
}

interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: RegistrationCallback): unknown;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: unknown): unknown;
}

type RegistrationCallback = (error: unknown, response: { getUrn(): string } | undefined) => void;

/** Replaces the server on which the engine calls hooks. Like the engine, it rejects a duplicate name. */
async function recordHooks(): Promise<ReadonlyMap<string, pulumi.ResourceHook>> {
  const hooks = new Map<string, pulumi.ResourceHook>();
  const callbacks = pulumi.runtime.getCallbacks();
  if (callbacks === undefined) {
    throw new Error("Pulumi's mocks are not set");
  }
  callbacks.registerResourceHook = async (hook) => {
    if (hooks.has(hook.name)) {
      throw new Error(`resource hook already registered: ${hook.name}`);
    }
    hooks.set(hook.name, hook);
  };
  // The SDK calls its own server until it answers. It throws if the connection is closed before that.
  await callbacks.registerTransform(async () => undefined);
  return hooks;
}

function registrationOf({ resource, outputs }: Request): Registration {
  const hooks = resource.getHooks()?.toObject() ?? {};
  return {
    type: resource.getType(),
    name: resource.getName(),
    parent: parentOf(resource),
    dependencies: resource.getDependenciesList().map(nameOf).sort(),
    inputs: propertiesOf(resource.getObject()),
    deleteBeforeReplace: resource.getDeletebeforereplace(),
    replaceOnChanges: resource.getReplaceonchangesList(),
    ignoreChanges: resource.getIgnorechangesList(),
    additionalSecretOutputs: resource.getAdditionalsecretoutputsList(),
    hooks: Object.entries(hooks).flatMap(([list, names]) =>
      (names as string[]).map((name) => `${list.replace(/List$/, "")} ${name}`),
    ),
    outputs: outputs && propertiesOf(outputs.getOutputs()),
  };
}

function propertiesOf(struct: { toJavaScript(): object } | undefined): Record<string, unknown> {
  return { ...struct?.toJavaScript() };
}

/** A URN is `urn:pulumi:stack::project::type of grandparent$type of parent$type::name`. */
function parentOf(resource: RegisterResourceRequest): string | undefined {
  const urn = resource.getParent();
  const type = urn.split("::")[2]?.split("$").at(-1);
  return type === undefined || type === stack ? undefined : `${type} ${nameOf(urn)}`;
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function byNameAndType(left: Registration, right: Registration): number {
  return `${left.name} ${left.type}` < `${right.name} ${right.type}` ? -1 : 1;
}

function one<Item>(items: readonly Item[], wanted: (item: Item) => boolean, description: string): Item {
  const found = items.filter(wanted);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`the program declared ${found.length} times the ${description.replaceAll("  ", " ")}`);
  }
  return only;
}
