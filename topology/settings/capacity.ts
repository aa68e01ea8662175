import { mebibyte } from "./quantities.ts";

/** What the memory of a data node is for, in bytes. All but the replication backlog add up to no more than `memory`. */
export interface Capacity {
  readonly memory: number;
  /** What redis-server takes besides its data, and the start script and health probe beside it. */
  readonly process: number;
  /** Commands in flight and answers not yet read, of all clients together; Redis enforces it (`clientLimits`). */
  readonly clientBuffers: number;
  /** Writes that replicas have not received yet; the limit after which a replica is cut off. */
  readonly replicaOutputBuffer: number;
  /** The part of those writes that is always kept; shares its memory with the output buffer. */
  readonly replicationBacklog: number;
  /** What redis-server may fill with data. */
  readonly maxmemory: number;
  /** Memory the allocator holds beyond what it handed out. */
  readonly fragmentation: number;
  /** Pages that are written, and so exist twice, while a child process saves the data. */
  readonly copyOnWrite: number;
}

/**
 * How `memory` bytes of a data node are shared out.
 *
 * - Process: 32 MB. An empty redis-server has 7 MB resident; page tables, the AOF buffer, the shell that started it
 *   and a health probe that comes and goes have the rest.
 * - Client buffers: 1/32 of the memory, at least 8 MB, or as configured. Redis counts them as data, but they grow
 *   without asking maxmemory first.
 * - Replica output buffer: 1/8, which is Redis' own limit of 256 MB at 2 GB. Since Redis 7 all replicas and the
 *   backlog share one buffer, so it is counted once. Redis does not count it as data.
 * - Replication backlog: 1/32, at most 1 GB and at most 1/8 of maxmemory, since Redis counts it as data. Redis' own
 *   1 MB makes every short break of the link a full copy.
 * - Fragmentation: 1/10 of maxmemory. A freshly filled node has 1/25; active defragmentation starts at 1/10.
 * - Copy-on-write: 1/2 of maxmemory. How much a snapshot copies depends on the writes while it lasts. Measured with
 *   1.1 GB of 500 byte values, evenly written, while a snapshot took 6 s: 9 % at 2,000 writes a second, 18 % at 5,000,
 *   30 % at 10,000, 80 % at 70,000. A node that is written faster than that wants `redis.maxmemory` below the plan's.
 *
 * The share for copy-on-write is kept without persistence too: a replica's full copy is made by a child process,
 * diskless or not. Nothing depends on the number of replicas, so that adding one does not shrink maxmemory.
 *
 * @param memory the limit of the smallest data node: any data node may become master and must hold all the data.
 * @param wanted what is configured: `maxmemory` is not more than what follows without it.
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

/** Shares of a data node's memory that are configured, in bytes; those that are not follow from the memory. */
export interface WantedCapacity {
  readonly maxmemory?: number | undefined;
  readonly clientBuffers?: number | undefined;
}

/** The least memory, in whole MB, whose `capacity` holds `maxmemory` bytes of data beside the client buffers. */
export function memoryFor(maxmemory: number, clientBuffers?: number): number {
  const fixedAndData = processMemory + Math.ceil(maxmemory / mebibyte) * mebibyte * bytesPerDataByte;
  if (clientBuffers !== undefined) {
    return Math.ceil((fixedAndData + clientBuffers) / (1 - outputShare) / mebibyte) * mebibyte;
  }
  const withLeastClientBuffers = (fixedAndData + leastClientBuffers) / (1 - outputShare);
  const withSharedClientBuffers = fixedAndData / (1 - outputShare - clientShare);
  return Math.ceil(Math.max(withLeastClientBuffers, withSharedClientBuffers) / mebibyte) * mebibyte;
}

/** The most bytes, in whole MB, that the clients of a data node may have beside the least data. */
export function mostClientBuffers(memory: number): number {
  return floorToMebibyte(memory * (1 - outputShare) - processMemory - leastMaxmemory * bytesPerDataByte);
}

/** Below this Redis would spend its memory on itself. */
export const leastMaxmemory = 16 * mebibyte;

/** The least that the clients of a data node share: enough for a value of 4 MB. */
export const leastClientBuffers = 8 * mebibyte;

/**
 * Bytes that the clients of a Sentinel with so much memory may hold: an eighth of it. A Sentinel itself has about 10 MB
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
