import { mebibyte } from "./quantities.ts";

/**
 * How the memory of a data node is divided, in bytes. All parts except the replication backlog add up to at most
 * `memory`.
 */
export interface Capacity {
  readonly memory: number;
  /** The memory of redis-server without its data, of the start script and of the health probe. */
  readonly process: number;
  /**
   * Commands in progress and unread replies of all clients together. Redis enforces this limit (see `clientLimits`).
   */
  readonly clientBuffers: number;
  /** Writes that replicas have not received yet. A replica that exceeds this limit is disconnected. */
  readonly replicaOutputBuffer: number;
  /** The most recent writes, which are always kept. They share their memory with the replica output buffer. */
  readonly replicationBacklog: number;
  /** Memory that redis-server may use for data. */
  readonly maxmemory: number;
  /** Memory that the allocator holds but has not allocated to redis-server. */
  readonly fragmentation: number;
  /** Pages that exist twice because they are written while a child process saves the data. */
  readonly copyOnWrite: number;
}

/**
 * Divides the `memory` bytes of a data node.
 *
 * - Process: 32 MB. An empty redis-server has 7 MB resident. The rest is for page tables, the AOF buffer, the shell
 *   that started the server and the health probe, which runs from time to time.
 * - Client buffers: the configured size, or 1/32 of the memory, at least 8 MB. Redis counts them towards maxmemory, but
 *   maxmemory does not limit their growth.
 * - Replica output buffer: 1/8. At 2 GB this is 256 MB, the default limit of Redis. Since Redis 7 all replicas and the
 *   backlog share one buffer, so it is counted once. Redis does not count it towards maxmemory.
 * - Replication backlog: 1/32, at most 1 GB and at most 1/8 of maxmemory, since Redis counts it towards maxmemory. With
 *   the default of Redis, 1 MB, every short interruption of the link causes a full synchronization.
 * - Fragmentation: 1/10 of maxmemory. A freshly filled node has 1/25. Active defragmentation starts at 1/10.
 * - Copy-on-write: 1/2 of maxmemory. How much memory a snapshot copies depends on the number of writes while it is
 *   taken. Measured with 1.1 GB of 500-byte values, evenly written, and a snapshot of 6 s: 9 % at 2,000 writes a
 *   second, 18 % at 5,000, 30 % at 10,000, 80 % at 70,000. A node with a higher write rate needs a `redis.maxmemory`
 *   below the plan's.
 *
 * The copy-on-write share is also reserved without persistence: a child process makes the copy for a full
 * synchronization of a replica, with or without a file. No share depends on the number of replicas, so adding a replica
 * does not reduce maxmemory.
 *
 * @param memory the limit of the smallest data node: any data node may become master and must hold all the data.
 * @param wanted the configured shares. `maxmemory` must not exceed the value that is calculated without it.
 */
export function capacity(memory: number, wanted: WantedCapacity = {}): Capacity {
  const clientBuffers = wanted.clientBuffers ?? Math.max(leastClientBuffers, Math.floor(memory * clientShare));
  const replicaOutputBuffer = Math.floor(memory * outputShare);
  const forData = memory - processMemory - clientBuffers - replicaOutputBuffer;
  const maxmemory = wanted.maxmemory ?? floorToMebibyte(Math.max(0, forData) / bytesPerDataByte);
  return {
    memory,
    process: processMemory,
    clientBuffers,
    replicaOutputBuffer,
    replicationBacklog: Math.floor(Math.min(memory / 32, 1024 * mebibyte, maxmemory / 8)),
    maxmemory,
    fragmentation: Math.floor(maxmemory * fragmentationShare),
    copyOnWrite: Math.floor(maxmemory * copyOnWriteShare),
  };
}

/** The configured shares of a data node's memory, in bytes. A share that is undefined is calculated from the memory. */
export interface WantedCapacity {
  readonly maxmemory?: number | undefined;
  readonly clientBuffers?: number | undefined;
}

/** The smallest memory, in whole MB, whose `capacity` holds `maxmemory` bytes of data besides the client buffers. */
export function memoryFor(maxmemory: number, clientBuffers?: number): number {
  const fixedAndData = processMemory + Math.ceil(maxmemory / mebibyte) * mebibyte * bytesPerDataByte;
  if (clientBuffers !== undefined) {
    return Math.ceil((fixedAndData + clientBuffers) / (1 - outputShare) / mebibyte) * mebibyte;
  }
  const withLeastClientBuffers = (fixedAndData + leastClientBuffers) / (1 - outputShare);
  const withSharedClientBuffers = fixedAndData / (1 - outputShare - clientShare);
  return Math.ceil(Math.max(withLeastClientBuffers, withSharedClientBuffers) / mebibyte) * mebibyte;
}

/** The largest client buffers in bytes, in whole MB, that leave a data node of this memory the smallest maxmemory. */
export function mostClientBuffers(memory: number): number {
  return floorToMebibyte(memory * (1 - outputShare) - processMemory - leastMaxmemory * bytesPerDataByte);
}

/** The smallest maxmemory. With less, Redis would need most of its memory for itself. */
export const leastMaxmemory = 16 * mebibyte;

/** The smallest memory that the clients of a data node share. It is enough for one value of 4 MB. */
export const leastClientBuffers = 8 * mebibyte;

/**
 * Bytes that the clients of a Sentinel may hold: an eighth of its `memory`. The Sentinel process itself has about 10 MB
 * resident.
 */
export function sentinelClientBuffers(memory: number): number {
  return Math.floor(memory / 8);
}

const processMemory = 32 * mebibyte;
const clientShare = 1 / 32;
const outputShare = 1 / 8;
const fragmentationShare = 1 / 10;
const copyOnWriteShare = 1 / 2;
const bytesPerDataByte = 1 + fragmentationShare + copyOnWriteShare;

function floorToMebibyte(value: number): number {
  return Math.floor(value / mebibyte) * mebibyte;
}
