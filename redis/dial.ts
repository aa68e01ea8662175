import { Redis } from "ioredis";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Endpoint } from "../topology/topology.ts";

/** Milliseconds for a TCP connection; a node on the same network takes less than one. */
export const connectLimit = 500;

/** Milliseconds for the answer to one command; a node that is alive takes less than one. */
export const commandLimit = 1000;

/** Milliseconds that closing waits for a server that no longer answers. */
const closeLimit = 100;

/** No connection came about; the message says how far it got, to be read after a node's name. */
export class DialError extends Error {
  /** The server refused the password: waiting does not help. */
  readonly wrongPassword: boolean;

  constructor(endpoint: Endpoint, cause: Error) {
    const wrongPassword = cause.message.startsWith("WRONGPASS");
    super(describe(formatEndpoint(endpoint), cause.message, wrongPassword));
    this.name = "DialError";
    this.wrongPassword = wrongPassword;
  }
}

/**
 * A connection for a few questions: it never reconnects, so that a failure shows at once, and every wait is limited.
 * Without a password it is left unauthenticated. Who gets it disconnects it.
 *
 * @throws DialError
 */
export async function dial(endpoint: Endpoint, password: string | undefined): Promise<Redis> {
  const client = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    // HELLO, which begins protocol 3, is itself refused without a password; protocol 2 begins without a command.
    ...(password === undefined ? { protocol: 2 } : { password }),
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    disableClientInfo: true,
    retryStrategy: null,
    connectTimeout: connectLimit,
    commandTimeout: commandLimit,
    disconnectTimeout: closeLimit,
  });
  // connect() rejects with no more than "Connection is closed."; the cause is only in the event.
  let cause: Error | undefined;
  client.on("error", (error: Error) => {
    cause = error;
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    throw new DialError(endpoint, cause ?? (error instanceof Error ? error : new Error(String(error))));
  }
}

/** ioredis has no class for it. */
export function isCommandTimeout(message: string): boolean {
  return message === "Command timed out";
}

function describe(address: string, cause: string, wrongPassword: boolean): string {
  if (wrongPassword) {
    return `refuses the password at ${address}: ${cause}`;
  }
  if (isCommandTimeout(cause)) {
    return `accepts a connection at ${address} but does not answer within ${commandLimit} ms`;
  }
  if (cause === "connect ETIMEDOUT") {
    return `does not accept a connection at ${address} within ${connectLimit} ms`;
  }
  return `does not accept a connection at ${address}: ${cause}`;
}
