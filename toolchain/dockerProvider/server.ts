import { isDeepStrictEqual } from "node:util";
import grpc from "@grpc/grpc-js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { secretSettings } from "./docker/configuration.ts";
import { DockerFailure, dockerMessage, Interrupted, statusOf } from "./docker/errors.ts";
import { type Engine, messageLimit } from "./engine.ts";
import { Plugin, type Subject, type Verdict } from "./plugin.ts";
import type { Checked, Failure } from "./schema/check.ts";
import type { Change } from "./schema/difference.ts";
import { topLevel } from "./schema/path.ts";
import { decode, encode, withSecrets } from "./values.ts";

/** The version of @pulumi/docker whose inputs this plugin accepts. */
const version = "5.2.0";

/**
 * Starts the server of the plugin on a free port of the loopback interface.
 * @returns The port.
 */
export async function serve(engine: Engine): Promise<number> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": messageLimit,
    "grpc.max_send_message_length": messageLimit,
  });
  server.addService(services.ResourceProviderService, methods(new Plugin(engine)));
  return await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) {
        reject(error);
      } else {
        resolve(port);
      }
    });
  });
}

/** Converts requests to plain values and results to gRPC messages. All other methods are answered as unimplemented. */
function methods(plugin: Plugin): grpc.UntypedServiceImplementation {
  return {
    getPluginInfo: answering(() => new plugins.PluginInfo().setVersion(version)),
    checkConfig: answering((request: messages.CheckRequest) => {
      const failures = plugin.checkConfiguration(decode(request.getNews()));
      const inputs = withSecrets(request.getNews(), secretSettings);
      return new messages.CheckResponse().setInputs(inputs).setFailuresList(failures.map(checkFailure));
    }),
    diffConfig: answering((request: messages.DiffRequest) => configurationDifference(request)),
    configure: answering((request: messages.ConfigureRequest) => {
      plugin.configure(decode(request.getArgs()));
      // The plugin does not accept secrets. The engine then passes plain values and marks returned values as secret.
      return new messages.ConfigureResponse().setSupportspreview(true).setSupportsAutonamingConfiguration(true);
    }),
    check: answering((request: messages.CheckRequest) => {
      const naming = { proposed: proposedName(request), seed: request.getRandomseed_asU8() };
      return checkResponse(
        plugin.check(request.getUrn(), decode(request.getOlds()), decode(request.getNews()), naming),
      );
    }),
    diff: answering((request: messages.DiffRequest) =>
      diffResponse(
        plugin.diff(
          request.getUrn(),
          decode(request.getOlds()),
          decode(request.getNews()),
          request.getIgnorechangesList(),
        ),
      ),
    ),
    create: answering(async (request: messages.CreateRequest) => {
      const inputs = decode(request.getProperties());
      if (request.getPreview()) {
        return new messages.CreateResponse().setProperties(encode(plugin.previewCreate(request.getUrn(), inputs)));
      }
      const { id, state } = await plugin.create(subject(request), inputs);
      return new messages.CreateResponse().setId(id).setProperties(encode(state));
    }),
    read: answering(async (request: messages.ReadRequest) => {
      const found = await plugin.read(
        subject(request),
        request.getId(),
        decode(request.getProperties()),
        decode(request.getInputs()),
      );
      // An empty id means that the resource no longer exists.
      if (found === undefined) {
        return new messages.ReadResponse();
      }
      return new messages.ReadResponse()
        .setId(found.id)
        .setProperties(encode(found.state))
        .setInputs(encode(found.inputs));
    }),
    update: answering(async (request: messages.UpdateRequest) => {
      const [state, inputs] = [decode(request.getOlds()), decode(request.getNews())];
      const updated = request.getPreview()
        ? plugin.previewUpdate(request.getUrn(), state, inputs)
        : await plugin.update(subject(request), request.getId(), state, inputs, request.getIgnorechangesList());
      return new messages.UpdateResponse().setProperties(encode(updated));
    }),
    delete: answering(async (request: messages.DeleteRequest) => {
      await plugin.remove(subject(request), request.getId(), decode(request.getProperties()));
      return new empties.Empty();
    }),
    invoke: answering((request: messages.InvokeRequest) => refuse(request.getTok())),
    call: answering((request: messages.CallRequest) => refuse(request.getTok())),
    cancel: answering(() => {
      plugin.cancel();
      return new empties.Empty();
    }),
  };
}

function refuse(token: string): never {
  throw new Error(
    `${token} is not implemented by this Docker plugin; use the official plugin of @pulumi/docker for it`,
  );
}

function subject(request: { getUrn(): string; getTimeout(): number }): Subject {
  return { urn: request.getUrn(), timeout: request.getTimeout() };
}

/** Returns the name from the engine's naming configuration; null if the configuration forbids generated names. */
function proposedName(request: messages.CheckRequest): string | null | undefined {
  const naming = request.getAutonaming();
  const { DISABLE } = messages.CheckRequest.AutonamingOptions.Mode;
  return naming?.getMode() === DISABLE ? null : naming?.getProposedName() || undefined;
}

function checkResponse({ inputs, failures }: Checked): messages.CheckResponse {
  return new messages.CheckResponse().setInputs(encode(inputs)).setFailuresList(failures.map(checkFailure));
}

function checkFailure({ property, reason }: Failure): messages.CheckFailure {
  return new messages.CheckFailure().setProperty(property).setReason(reason);
}

function diffResponse({ changes, deleteBeforeReplace, stables }: Verdict): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse()
    .setChanges(changes.size === 0 ? DIFF_NONE : DIFF_SOME)
    .setDeletebeforereplace(deleteBeforeReplace)
    .setStablesList([...stables])
    .setHasdetaileddiff(true);
  for (const [path, change] of changes) {
    const name = topLevel(path);
    if (!response.getDiffsList().includes(name)) {
      response.addDiffs(name);
    }
    if (change.replaces && !response.getReplacesList().includes(name)) {
      response.addReplaces(name);
    }
    response.getDetaileddiffMap().set(path, new messages.PropertyDiff().setKind(kindOf(change)));
  }
  return response;
}

function kindOf({ kind, replaces }: Change): messages.PropertyDiff.Kind {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  switch (kind) {
    case "add":
      return replaces ? ADD_REPLACE : ADD;
    case "delete":
      return replaces ? DELETE_REPLACE : DELETE;
    case "update":
      return replaces ? UPDATE_REPLACE : UPDATE;
  }
}

/** Compares two provider configurations. No change replaces the provider or its resources. */
function configurationDifference(request: messages.DiffRequest): messages.DiffResponse {
  const [before, after] = [decode(request.getOldInputs()), decode(request.getNews())];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isDeepStrictEqual(before[name] ?? null, after[name] ?? null),
  );
  const changes = new Map<string, Change>(names.map((name) => [name, { kind: "update", replaces: false }]));
  return diffResponse({ changes, deleteBeforeReplace: false, stables: [] });
}

type Reply<T> = (error: Partial<grpc.ServiceError> | null, value?: T) => void;

/** Returns a gRPC method that answers with the result of a function, or with the message of its error. */
function answering<Request, Response>(answer: (request: Request) => Response | Promise<Response>) {
  return (call: { readonly request: Request }, reply: Reply<Response>): void => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => reply(null, response),
        (error: unknown) => reply({ code: grpc.status.UNKNOWN, details: messageOf(error) }),
      );
  };
}

/** Returns the message of an error. For a bug in this plugin, returns the stack trace. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const expected = error instanceof DockerFailure || error instanceof Interrupted || statusOf(error) !== undefined;
  const fault = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return fault && !expected ? (error.stack ?? error.message) : dockerMessage(error);
}
