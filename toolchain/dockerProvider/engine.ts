import grpc from "@grpc/grpc-js";

/** Tells the person who runs the update something about the resource a request is for. */
export interface Log {
  warning(message: string): void;
  /** A line that the next one takes the place of. */
  status(message: string): void;
}

/** The largest message either side may send. The state of a container holds its uploads. */
export const messageLimit = 1024 * 1024 * 400;

/** The engine that started this plugin. */
export class Engine {
  readonly #address: string;
  readonly #pending = new Set<Promise<void>>();
  #connection: Promise<Connection> | undefined;

  /** @param address Host and port of the engine; empty when there is none, as in a trial by hand. */
  constructor(address: string) {
    this.#address = address;
  }

  /** The log of one resource. */
  log(urn: string): Log {
    return {
      warning: (message) => this.#send(urn, message, "warning"),
      status: (message) => this.#send(urn, message, "status"),
    };
  }

  /** Resolves when everything that was said has arrived, so that no message outlives the request it belongs to. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #send(urn: string, message: string, kind: "warning" | "status"): void {
    if (this.#address === "") {
      return;
    }
    this.#connection ??= connect(this.#address);
    const sent = this.#connection.then((connection) => connection.send(urn, message, kind));
    this.#pending.add(sent);
    sent.finally(() => this.#pending.delete(sent));
  }
}

interface Connection {
  send(urn: string, message: string, kind: "warning" | "status"): Promise<void>;
}

/** The stubs of the engine are loaded with the first message only: an update without changes has none. */
async function connect(address: string): Promise<Connection> {
  const { default: services } = await import("@pulumi/pulumi/proto/engine_grpc_pb.js");
  const { default: messages } = await import("@pulumi/pulumi/proto/engine_pb.js");
  const client = new services.EngineClient(address, grpc.credentials.createInsecure());
  return {
    send: (urn, message, kind) => {
      const severity = kind === "warning" ? messages.LogSeverity.WARNING : messages.LogSeverity.INFO;
      const request = new messages.LogRequest().setUrn(urn).setMessage(message).setSeverity(severity);
      request.setEphemeral(kind === "status");
      // An engine that no longer listens is ending; what the request itself returns is what counts.
      return new Promise((resolve) => client.log(request, () => resolve()));
    },
  };
}
