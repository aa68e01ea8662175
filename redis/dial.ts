import { Redis } from "ioredis";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Endpoint } from "../topology/topology.ts";

/** Milliseconds to wait for a TCP connection; a node on the same network accepts one in less than 1 ms. */
export const connectLimit = 500;

/** Milliseconds to wait for the answer to one command; a healthy node answers in less than 1 ms. */
export const commandLimit = 1000;

/** Milliseconds to wait for a server that no longer answers when the connection is closed. */
const closeLimit = 100;

/**
 * A connection could not be established. The message describes the failed step and is meant to follow a node's name.
 */
export class DialError extends Error {
  /** True if the server refused the password, so that retrying does not help. */
  readonly wrongPassword: boolean;

  constructor(endpoint: Endpoint, cause: Error) {
    const wrongPassword = cause.message.startsWith("WRONGPASS");
    super(describe(formatEndpoint(endpoint), cause.message, wrongPassword));
    this.name = "DialError";
    this.wrongPassword = wrongPassword;
  }
}

/**
 * Opens a connection for a few queries. It never reconnects, so that a failure is noticed at once, and all its waits
 * are limited. Without a password, the connection stays unauthenticated. The caller has to disconnect it.
 *
 * @throws DialError
 */
export async function dial(endpoint: Endpoint, password: string | undefined): Promise<Redis> {
  const client = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    // Protocol 3 starts with HELLO, which the server refuses without a password. Protocol 2 starts without a command.
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
  // connect() rejects with just "Connection is closed."; only the error event has the cause.
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

/** Returns true if the message is that of a command timeout. ioredis has no error class for it. */
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
