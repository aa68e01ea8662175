import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Endpoint } from "../../../topology/topology.ts";

/** Servers listen on the loopback device, on a free port. */
const host = "127.0.0.1";

export interface FakeAnswer {
  readonly status?: number;
  readonly body: string;
}

/** A request that a fake server received. `body` is the whole text. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FakeHttp {
  readonly endpoint: Endpoint;
  readonly stop: () => void;
}

/** Starts a fake exporter or Redis Commander, which can return faulty answers. */
export async function fakeHttp(answer: (request: FakeRequest) => FakeAnswer): Promise<FakeHttp> {
  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", `http://${host}`);
    const body = await text(incoming);
    const reply = answer({ method: incoming.method ?? "", url, headers: incoming.headers, body });
    outgoing.writeHead(reply.status ?? 200).end(reply.body);
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("a TCP server must have an address and a port");
  }
  return {
    endpoint: { host, port: address.port },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
