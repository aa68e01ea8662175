import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { PortForward as Forwarder } from "@kubernetes/client-node";
import type { Endpoint } from "../../topology/topology.ts";
import type { Cluster } from "./cluster.ts";

/**
 * A local port that leads to a port of a pod through the API server, like `kubectl port-forward`. The pod is looked up
 * for each connection, so the port keeps working when the pod is replaced.
 */
export class PortForward {
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.local = { host: address, port };
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @param podName returns the name of the current pod, or undefined if there is none; connections are then closed */
  static async open(
    { config }: Cluster,
    namespace: string,
    podName: () => Promise<string | undefined>,
    port: number,
  ): Promise<PortForward> {
    const forwarder = new Forwarder(config);
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      // Either end may close at any time. The other end is then closed too.
      socket.on("error", () => socket.destroy());
      join(forwarder, socket, namespace, podName, port).catch(() => socket.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new PortForward(server);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function join(
  forwarder: Forwarder,
  socket: Socket,
  namespace: string,
  podName: () => Promise<string | undefined>,
  port: number,
): Promise<void> {
  const pod = await podName();
  if (pod === undefined) {
    socket.destroy();
    return;
  }
  // The API server sends an error message if it cannot make the connection. The socket is then closed.
  const errors = new PassThrough().once("data", () => socket.destroy());
  const connection = await forwarder.portForward(namespace, pod, [port], socket, errors, socket);
  if (typeof connection === "function") {
    throw new TypeError("the client returned a restartable connection, which was not requested");
  }
  connection.on("close", () => socket.destroy());
  socket.once("close", () => connection.close());
  if (socket.destroyed) {
    connection.close();
  }
  socket.resume();
}
