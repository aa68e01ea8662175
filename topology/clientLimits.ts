import { mebibyte } from "./settings/quantities.ts";

/** What the clients of one server may hold: a data node, or a Sentinel. Sizes are in bytes. */
export interface ClientLimits {
  /** Of all clients together (`maxmemory-clients`). Beyond it, Redis disconnects the client that holds the most. */
  readonly memory: number;
  /** Open connections, the set's own included (`maxclients`). */
  readonly connections: number;
  /** The largest value that a client can write (`proto-max-bulk-len`). */
  readonly largestValue: number;
  /** Answers that one client has not read yet: the largest answer it may ask for (`client-output-buffer-limit`). */
  readonly unreadAnswers: number;
  /** Messages that one subscriber has not read yet. */
  readonly unreadMessages: number;
  /** Messages that one subscriber has not read for a minute. */
  readonly lateMessages: number;
  /** Commands that one client has sent and that have not run yet (`client-query-buffer-limit`). */
  readonly waitingCommands: number;
}

/**
 * How `memory` bytes for clients are shared out.
 *
 * - Connections: one for every 20 KB, and at most 10,000, which is Redis' own default. A new connection holds 17 KB in
 *   Redis 8.0, and 2 KB after three idle seconds. So small connections alone do not reach the limit of the memory, and
 *   the client that is disconnected then is one that holds more.
 * - Largest value: a quarter, and at most 512 MB, which is Redis' own limit. A connection that has just written a value
 *   and reads it holds it twice, and the allocator rounds each up by as much as a quarter.
 * - Unread answers and waiting commands: half. Redis' own limit for waiting commands is 1 GB.
 * - Unread messages: half, and an eighth for a minute: the proportion of Redis' own limits, 32 MB and 8 MB.
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

/** Connections of one server, whatever its memory. */
export const mostConnections = 10_000;

/** Bytes of the memory for clients that one connection is reckoned with. */
export const connectionMemory = 20 * 1024;
