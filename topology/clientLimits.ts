import { mebibyte } from "./settings/quantities.ts";

/** Limits for the clients of one server, which is a data node or a Sentinel. Sizes are in bytes. */
export interface ClientLimits {
  /**
   * Memory of all clients together (`maxmemory-clients`). Above it, Redis disconnects the client that uses the most.
   */
  readonly memory: number;
  /** Open connections, including those of the set itself (`maxclients`). */
  readonly connections: number;
  /** The largest value that a client can write (`proto-max-bulk-len`). */
  readonly largestValue: number;
  /**
   * The replies that one client may leave unread (`client-output-buffer-limit`). A single reply cannot be larger either.
   */
  readonly unreadAnswers: number;
  /** Messages that one subscriber has not read yet (hard limit of `client-output-buffer-limit pubsub`). */
  readonly unreadMessages: number;
  /** Messages that one subscriber has not read for a minute (soft limit). */
  readonly lateMessages: number;
  /** Commands that one client has sent and the server has not run yet (`client-query-buffer-limit`). */
  readonly waitingCommands: number;
}

/**
 * Derives the limits from `memory`, the bytes that all clients share.
 *
 * - Connections: one for every 20 KB, at most 10,000, which is the default of Redis. A new connection uses 17 KB in
 *   Redis 8.0, and 2 KB after three idle seconds. So small connections alone do not reach the memory limit, and Redis
 *   disconnects only clients that use more.
 * - Largest value: a quarter, at most 512 MB, which is the limit of Redis. A connection that has just written a value
 *   and reads it holds it twice, and the allocator rounds each copy up by as much as a quarter.
 * - Unread replies and waiting commands: half. The default limit of Redis for waiting commands is 1 GB.
 * - Unread messages: half, and an eighth for messages that are unread for a minute. This is the ratio of the defaults
 *   of Redis, 32 MB and 8 MB.
 */
export function clientLimits(memory: number): ClientLimits {
  const half = Math.floor(memory / 2);
  return {
    memory,
    connections: Math.min(mostConnections, Math.floor(memory / connectionMemory)),
    largestValue: Math.min(512 * mebibyte, Math.floor(memory / 4)),
    unreadAnswers: half,
    unreadMessages: half,
    lateMessages: Math.floor(memory / 8),
    waitingCommands: Math.min(1024 * mebibyte, half),
  };
}

/** The maximum number of connections of one server, for any memory. */
export const mostConnections = 10_000;

/** Bytes of client memory that are calculated for one connection. */
export const connectionMemory = 20 * 1024;
