import fc from "fast-check";
import { expect, test } from "vitest";
import { type Capacity, capacity, leastMaxmemory, memoryFor } from "../../../../topology/settings/capacity.ts";

const megabyte = 1024 ** 2;

test("2 GB of memory are divided so that 1060 MB remain for data", () => {
  expect(capacity(2048 * megabyte)).toEqual({
    memory: 2048 * megabyte,
    process: 32 * megabyte,
    clientBuffers: 64 * megabyte,
    replicaOutputBuffer: 256 * megabyte,
    replicationBacklog: 64 * megabyte,
    maxmemory: 1060 * megabyte,
    fragmentation: 106 * megabyte,
    copyOnWrite: 530 * megabyte,
  });
});

test.each([
  [256, 115],
  [1024, 520],
  [4096, 2140],
  [8192, 4300],
])("with %i MB of memory, maxmemory is %i MB", (memory, data) => {
  expect(capacity(memory * megabyte).maxmemory).toBe(data * megabyte);
});

test("with a configured maxmemory, the replication backlog is at most an eighth of it", () => {
  const { maxmemory, replicationBacklog } = capacity(2048 * megabyte, { maxmemory: 80 * megabyte });
  expect({ maxmemory, replicationBacklog }).toEqual({ maxmemory: 80 * megabyte, replicationBacklog: 10 * megabyte });
});

test("maxmemory is 0 if the process itself needs all the memory", () => {
  expect(capacity(40 * megabyte).maxmemory).toBe(0);
});

test("for any memory, all shares together fit into it", () => {
  fc.assert(
    fc.property(fc.integer({ min: memoryFor(leastMaxmemory), max: 2 ** 45 }), (memory) => {
      expect(sumOf(capacity(memory))).toBeLessThanOrEqual(memory);
    }),
  );
});

test("memoryFor returns the smallest memory, in whole MB, that holds the data", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 2 ** 20 }), (data) => {
      const memory = memoryFor(data * megabyte);
      expect(capacity(memory).maxmemory).toBeGreaterThanOrEqual(data * megabyte);
      expect(capacity(memory - megabyte).maxmemory).toBeLessThan(data * megabyte);
    }),
  );
});

function sumOf(shares: Capacity): number {
  const { process, clientBuffers, replicaOutputBuffer, maxmemory, fragmentation, copyOnWrite } = shares;
  return process + clientBuffers + replicaOutputBuffer + maxmemory + fragmentation + copyOnWrite;
}
