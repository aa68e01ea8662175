import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../../topology/topology.ts";

/** A client that sends commands and reads no answer. */
export class UnreadingClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // The server may close the connection at any time. Tests query the server for that.
    socket.on("error", () => undefined);
  }

  /**
   * Logs in, and stops reading.
   *
   * @param name by which the server lists the connection
   */
  static async connect({ host, port }: Endpoint, password: string, name: string): Promise<UnreadingClient> {
    const socket = connect(port, host);
    await once(socket, "connect");
    const client = new UnreadingClient(socket);
    client.send("AUTH", password);
    client.send("CLIENT", "SETNAME", name);
    let answers = "";
    while (answers !== "+OK\r\n+OK\r\n") {
      const [bytes] = (await once(socket, "data")) as [Buffer];
      answers += bytes.toString();
    }
    socket.pause();
    return client;
  }

  send(...words: readonly string[]): void {
    this.sendBytes(commandOf(words));
  }

  sendBytes(bytes: string): void {
    if (!this.#socket.destroyed) {
      this.#socket.write(bytes);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A behaviour of clients that makes a data node hold memory for them. */
export interface Greed {
  /** Completes a sentence that begins with "a client". */
  readonly what: string;
  /** The number of such clients. */
  readonly clients: number;
  /** True if it also affects a replica. A replica takes no writes from clients. */
  readonly onReplicas: boolean;
  begin(client: UnreadingClient): void;
}

/** Bytes of the value that `greeds` read. */
export const greedyValue = { key: "greedy-value", bytes: 1024 ** 2 } as const;

/** Each behaviour needs more memory than all clients of a data node of the size dev may use together, which is 8 MB. */
export const greeds: readonly Greed[] = [
  {
    what: "that reads none of 400 values of 1 MB",
    clients: 1,
    onReplicas: true,
    begin: (client) => {
      for (let count = 0; count < 400; count += 1) {
        client.send("GET", greedyValue.key);
      }
    },
  },
  {
    what: "that monitors and does not read",
    clients: 1,
    onReplicas: true,
    begin: (client) => client.send("MONITOR"),
  },
  {
    what: "that subscribes and does not read",
    clients: 1,
    onReplicas: true,
    begin: (client) => client.send("PSUBSCRIBE", "*"),
  },
  {
    what: "that sends incomplete commands",
    clients: 40,
    onReplicas: true,
    begin: (client) => client.sendBytes(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n${"x".repeat(900_000)}`),
  },
  {
    what: "that queues 40 MB in a transaction",
    clients: 1,
    onReplicas: false,
    begin: (client) => {
      client.send("MULTI");
      for (let count = 0; count < 400; count += 1) {
        client.send("SET", "queued", "x".repeat(100_000));
      }
    },
  },
];

function commandOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
