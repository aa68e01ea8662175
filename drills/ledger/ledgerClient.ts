import type { Redis } from "ioredis";
import type { Entry } from "./record.ts";

/** One writer's way into the set, whatever library, gateway or process it goes through. */
export interface LedgerClient {
  /** Resolves when the write is acknowledged; rejects when it was refused or its outcome is unknown. */
  write(entry: Entry): Promise<void>;
  /** Ends the client; what is still under way rejects. */
  close(): void;
}

/** What an application asks for that wants a write to survive its master: WAIT. */
export interface ReplicaPromise {
  /** Replicas that must have the write before it counts as acknowledged. */
  readonly replicas: number;
  /** Milliseconds to wait for them; then it counts as failed, though it may be kept. */
  readonly timeout: number;
}

/** A write that the master took and fewer replicas than asked for had in time. */
export class UnpromisedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnpromisedError";
  }
}

/**
 * A writer by an ioredis client, which the ledger then owns: one made with `recommendedClientOptions()`, a plain one to
 * a gateway, or one to a single process.
 */
export function ioredisClient(redis: Redis, promise?: ReplicaPromise): LedgerClient {
  let connections = 0;
  redis.on("connect", () => {
    connections += 1;
  });
  // The failed write says it; without a listener it would be said again on standard error.
  redis.on("error", () => undefined);
  return {
    async write({ key, field }) {
      await redis.hset(key, field, "");
      const connection = connections;
      if (promise === undefined) {
        return;
      }
      const replicas = await redis.wait(promise.replicas, promise.timeout);
      // WAIT speaks of the writes of its own connection: on a new one it promises nothing about this one.
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
