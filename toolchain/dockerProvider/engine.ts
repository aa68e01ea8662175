import grpc from "@grpc/grpc-js";

/** Prints messages about one resource to the user who runs the update. */
export interface Log {
  warning(message: string): void;
  /** Prints a status line, which the next status line replaces. */
  status(message: string): void;
}

/** The maximum size of a message in bytes. It is large, since the state of a container contains its uploads. */
export const messageLimit = 1024 * 1024 * 400;

/** The engine that started this plugin. */
export class Engine {
  readonly #address: string;
  readonly #pending = new Set<Promise<void>>();
  #connection: Promise<Connection> | undefined;

  /** @param address Host and port of the engine; empty if the plugin was started without an engine, for debugging. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Returns the log of one resource. */
  log(urn: string): Log {
    return {
      warning: (message) => this.#send(urn, message, "warning"),
      status: (message) => this.#send(urn, message, "status"),
    };
  }

  /** Resolves when the engine has received all messages. A request calls this before it ends. */
  async flush(): Promise<void> {
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

/** Loads the gRPC stubs of the engine. Called for the first message, since an update without changes sends none. */
async function connect(address: string): Promise<Connection> {
  const { default: services } = await import("@pulumi/pulumi/proto/engine_grpc_pb.js");
  const { default: messages } = await import("@pulumi/pulumi/proto/engine_pb.js");
  const client = new services.EngineClient(address, grpc.credentials.createInsecure());
  return {
    send: (urn, message, kind) => {
      const severity = kind === "warning" ? messages.LogSeverity.WARNING : messages.LogSeverity.INFO;
      const request = new messages.LogRequest().setUrn(urn).setMessage(message).setSeverity(severity);
      request.setEphemeral(kind === "status");
      // Errors are ignored: an engine that no longer listens is about to end, and the request returns its own result.
      return new Promise((resolve) => client.log(request, () => resolve()));
    },
  };
}
