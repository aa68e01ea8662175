import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../../topology/topology.ts";

/** A reply of a fake: a bulk string, null, a list, or an error of the server. */
export type Reply = string | null | Error | readonly Reply[];

/** A fake Redis with replies that a real one does not give on request: one for each command, or none (`undefined`). */
export class FakeRedis {
  readonly endpoint: Endpoint;
  /** Every received command, with its words joined by spaces. */
  readonly received: readonly string[];
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server, endpoint: Endpoint, received: readonly string[], sockets: ReadonlySet<Socket>) {
    this.#server = server;
    this.endpoint = endpoint;
    this.received = received;
    this.#sockets = sockets;
  }

  /** @param at @default a loopback address with a free port */
  static async start(
    answer: (command: string) => Reply | undefined,
    at: Endpoint = { host: "127.0.0.1", port: 0 },
  ): Promise<FakeRedis> {
    const received: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      let text = "";
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk) => {
        const { commands, rest } = parseCommands(text + chunk.toString("utf8"));
        text = rest;
        for (const command of commands) {
          received.push(command);
          const reply = handshake(command) ?? answer(command);
          if (reply !== undefined) {
            socket.write(encode(reply));
          }
        }
      });
    });
    server.listen(at.port, at.host);
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new Error("a TCP server must have an address and a port");
    }
    return new FakeRedis(server, { host: at.host, port: address.port }, received, sockets);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }
}

/** Rejects HELLO, so that clients use protocol 2, which has no maps. */
function handshake(command: string): Reply | undefined {
  return command.toUpperCase().startsWith("HELLO") ? new Error("ERR unknown command 'HELLO'") : undefined;
}

/** Commands arrive as lists of bulk strings: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`. */
function parseCommands(text: string): { readonly commands: readonly string[]; readonly rest: string } {
  const commands: string[] = [];
  let rest = text;
  for (;;) {
    const lines = rest.split("\r\n");
    const count = Number(lines[0]?.slice(1));
    const needed = 1 + 2 * count;
    if (lines.length <= needed || lines[0] === "") {
      return { commands, rest };
    }
    commands.push(
      lines
        .slice(1, needed)
        .filter((_, index) => index % 2 === 1)
        .join(" "),
    );
    rest = lines.slice(needed).join("\r\n");
  }
}

function encode(reply: Reply): string {
  if (reply === null) {
    return "$-1\r\n";
  }
  if (reply instanceof Error) {
    return `-${reply.message}\r\n`;
  }
  if (typeof reply === "string") {
    return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  }
  return `*${reply.length}\r\n${reply.map(encode).join("")}`;
}
