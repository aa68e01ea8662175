import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import structs, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";

export type Values = Record<string, JavaScriptValue>;

export const ours = fileURLToPath(
  new URL("../../../../toolchain/dockerProvider/pulumi-resource-docker", import.meta.url),
);

const tokens = {
  Container: "docker:index/container:Container",
  Network: "docker:index/network:Network",
  Volume: "docker:index/volume:Volume",
  RemoteImage: "docker:index/remoteImage:RemoteImage",
} as const;

export type Kind = keyof typeof tokens;

/** A resource of the plugin, with the data that the engine keeps about it. */
export interface Kept {
  readonly kind: Kind;
  readonly name: string;
  readonly id: string;
  readonly inputs: Values;
  readonly state: Values;
}

export interface Difference {
  readonly changes: "none" | "some";
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
  /** The kind of change, such as `add` or `add-replace`, by property path. */
  readonly detailed: Record<string, string>;
}

/** A running plugin, with a client that sends the requests of the engine. */
export class Plugin {
  readonly process: ChildProcess;
  readonly #client: services.ResourceProviderClient;

  // Use `start`.
  private constructor(process: ChildProcess, port: string) {
    this.process = process;
    this.#client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
  }

  /** Starts a plugin and configures it. */
  static async start(config: Values = {}, { program = ours, engine = "" } = {}): Promise<Plugin> {
    const child = spawn(program, engine === "" ? [] : [engine], { stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the plugin exited with ${code}`)));
      createInterface({ input: child.stdout }).once("line", resolve);
    });
    const plugin = new Plugin(child, port.trim());
    const { inputs } = await plugin.checkConfig(config);
    await plugin.configure(inputs);
    return plugin;
  }

  stop(): void {
    this.#client.close();
    this.process.kill();
  }

  async checkConfig(config: Values) {
    const request = new messages.CheckRequest().setUrn("urn:pulumi:test::test::pulumi:providers:docker::default");
    return checked(await this.#call<messages.CheckResponse>("checkConfig", request.setNews(struct(config))));
  }

  async configure(inputs: Values): Promise<messages.ConfigureResponse> {
    return await this.#call(
      "configure",
      new messages.ConfigureRequest().setArgs(struct(inputs)).setAcceptsecrets(true),
    );
  }

  async check(kind: Kind, name: string, inputs: Values, before: Values = {}) {
    const request = new messages.CheckRequest().setUrn(urn(kind, name)).setOlds(struct(before)).setNews(struct(inputs));
    return checked(await this.#call<messages.CheckResponse>("check", request.setRandomseed(Buffer.from(name))));
  }

  /** Checks the inputs and creates the resource. */
  async create(kind: Kind, name: string, given: Values): Promise<Kept> {
    const { inputs, failures } = await this.check(kind, name, given);
    if (failures.length > 0) {
      throw new Error(failures.map((failure) => failure.reason).join("\n"));
    }
    const request = new messages.CreateRequest().setUrn(urn(kind, name)).setProperties(struct(inputs));
    const response = await this.#call<messages.CreateResponse>("create", request);
    return { kind, name, id: response.getId(), inputs, state: values(response.getProperties()) };
  }

  async previewCreate(kind: Kind, name: string, given: Values): Promise<Values> {
    const { inputs } = await this.check(kind, name, given);
    const request = new messages.CreateRequest().setUrn(urn(kind, name)).setProperties(struct(inputs)).setPreview(true);
    return values((await this.#call<messages.CreateResponse>("create", request)).getProperties());
  }

  /** Checks the inputs and compares them with the state of the resource. */
  async diff(kept: Kept, given: Values, ignored: string[] = []): Promise<Difference> {
    const { inputs } = await this.check(kept.kind, kept.name, given, kept.inputs);
    const request = new messages.DiffRequest().setUrn(urn(kept.kind, kept.name)).setId(kept.id);
    request
      .setOlds(struct(kept.state))
      .setOldInputs(struct(kept.inputs))
      .setNews(struct(inputs))
      .setIgnorechangesList(ignored);
    const response = await this.#call<messages.DiffResponse>("diff", request);
    const detailed: [string, string][] = [];
    response.getDetaileddiffMap().forEach((diff, path) => {
      detailed.push([path, kinds[diff.getKind()] ?? "?"]);
    });
    return {
      changes: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_NONE ? "none" : "some",
      replaces: response.getReplacesList().sort(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailed: Object.fromEntries(detailed.sort()),
    };
  }

  /** Checks the inputs and updates the resource in place. */
  async update(kept: Kept, given: Values): Promise<Kept> {
    const { inputs } = await this.check(kept.kind, kept.name, given, kept.inputs);
    const request = new messages.UpdateRequest().setUrn(urn(kept.kind, kept.name)).setId(kept.id);
    request.setOlds(struct(kept.state)).setOldInputs(struct(kept.inputs)).setNews(struct(inputs));
    const response = await this.#call<messages.UpdateResponse>("update", request);
    return { ...kept, inputs, state: values(response.getProperties()) };
  }

  /** Reads a resource again; undefined if it no longer exists. */
  async read(kept: Kept): Promise<Kept | undefined> {
    const request = new messages.ReadRequest().setUrn(urn(kept.kind, kept.name)).setId(kept.id);
    request.setProperties(struct(kept.state)).setInputs(struct(kept.inputs));
    const response = await this.#call<messages.ReadResponse>("read", request);
    if (response.getId() === "") {
      return undefined;
    }
    return {
      ...kept,
      id: response.getId(),
      state: values(response.getProperties()),
      inputs: values(response.getInputs()),
    };
  }

  /** Imports a resource by its id. */
  async import(kind: Kind, name: string, id: string): Promise<Kept | undefined> {
    return await this.read({ kind, name, id, inputs: {}, state: {} });
  }

  async delete(kept: Kept): Promise<void> {
    const request = new messages.DeleteRequest().setUrn(urn(kept.kind, kept.name)).setId(kept.id);
    await this.#call("delete", request.setProperties(struct(kept.state)).setOldInputs(struct(kept.inputs)));
  }

  async cancel(): Promise<void> {
    await this.#call("cancel", new empties.Empty());
  }

  #call<Response>(method: string, request: object): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call = Reflect.get(this.#client, method) as (
        request: object,
        reply: (error: grpc.ServiceError | null, response: Response) => void,
      ) => void;
      call.call(this.#client, request, (error, response) =>
        error ? reject(new Error(error.details)) : resolve(response),
      );
    });
  }
}

const kinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

function urn(kind: Kind, name: string): string {
  return `urn:pulumi:test::test::${tokens[kind]}::${name}`;
}

function struct(content: Values): structs.Struct {
  return structs.Struct.fromJavaScript(content);
}

function values(content: structs.Struct | undefined): Values {
  return (content?.toJavaScript() ?? {}) as Values;
}

function checked(response: messages.CheckResponse) {
  const failures = response
    .getFailuresList()
    .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
  return { inputs: values(response.getInputs()), failures };
}
