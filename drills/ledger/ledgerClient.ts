import type { Redis } from "ioredis";
import type { Entry } from "./record.ts";

/** The client of one writer, independent of the library and of the address that it connects to. */
export interface LedgerClient {
  /** Resolves when the write is acknowledged. Rejects when the write was refused or its outcome is unknown. */
  write(entry: Entry): Promise<void>;
  /** Closes the client. Writes in progress reject. */
  close(): void;
}

/** The parameters of WAIT, which an application uses if a write must survive the loss of the master. */
export interface ReplicaPromise {
  /** The number of replicas that must have the write before it counts as acknowledged. */
  readonly replicas: number;
  /** Milliseconds to wait for the replicas. After that the write counts as failed, although the set may keep it. */
  readonly timeout: number;
}

/** The master accepted a write, but WAIT did not confirm it for enough replicas in time. */
export class UnpromisedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnpromisedError";
  }
}

/**
 * Makes a writer's client from an ioredis client, which the ledger closes. It may be a client with
 * `recommendedClientOptions()`, a plain client of a gateway, or a client of a single server.
 */
export function ioredisClient(redis: Redis, promise?: ReplicaPromise): LedgerClient {
  let connections = 0;
  redis.on("connect", () => {
    connections += 1;
  });
  // The failed write already reports the error. Without a listener, ioredis would also print it to standard error.
  redis.on("error", () => undefined);
  return {
    async write({ key, field }) {
      await redis.hset(key, field, "");
      const connection = connections;
      if (promise === undefined) {
        return;
      }
      const replicas = await redis.wait(promise.replicas, promise.timeout);
      // WAIT covers only the writes of its own connection. On a new connection it confirms nothing about this write.
      if (connections !== connection) {
        throw new UnpromisedError("the connection changed between the write and WAIT");
      }
      if (replicas < promise.replicas) {
        throw new UnpromisedError(`WAIT: ${replicas} of ${promise.replicas} replicas have the write`);
      }
    },
    close: () => redis.disconnect(),
  };
}
