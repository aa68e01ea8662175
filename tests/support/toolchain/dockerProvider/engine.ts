import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";

export interface Line {
  readonly severity: "info" | "warning" | "other";
  readonly message: string;
  /** True if the next line replaces this line. */
  readonly ephemeral: boolean;
}

/** A fake engine that records the log messages of a plugin. */
export class EngineLog {
  readonly lines: Line[] = [];
  readonly #server = new grpc.Server();

  /** @returns the log and the address of the engine for a plugin */
  static async listen(): Promise<[EngineLog, string]> {
    const log = new EngineLog();
    const { WARNING, INFO } = messages.LogSeverity;
    const { EngineService } = services;
    log.#server.addService(EngineService, {
      log: (
        { request }: { request: messages.LogRequest },
        reply: (error: null, response: empties.Empty) => void,
      ): void => {
        const severity =
          request.getSeverity() === WARNING ? "warning" : request.getSeverity() === INFO ? "info" : "other";
        log.lines.push({ severity, message: request.getMessage(), ephemeral: request.getEphemeral() });
        reply(null, new empties.Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      log.#server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    return [log, `127.0.0.1:${port}`];
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
