import { describe, expect, test } from "vitest";
import { AnsweringMaster } from "../../../redis/answeringMaster.ts";
import { recommendedClientOptions } from "../../../redis/clientOptions.ts";

const addressing = {
  sentinels: [
    { host: "10.41.0.20", port: 26379 },
    { host: "10.41.0.21", port: 26379 },
  ],
  masterName: "mymaster",
  password: "correct-horse-battery",
};

describe("the recommended options of ioredis", () => {
  test("are the values with which failovers were measured", () => {
    const { retryStrategy, sentinelRetryStrategy, reconnectOnError, ...values } = recommendedClientOptions(addressing);
    expect(values).toEqual({
      ...{ sentinels: addressing.sentinels, name: "mymaster", role: "master", db: 0 },
      ...{ password: "correct-horse-battery", sentinelPassword: "correct-horse-battery" },
      ...{ failoverDetector: false, maxRetriesPerRequest: null },
      ...{ connectTimeout: 1000, sentinelCommandTimeout: 500, socketTimeout: 2000, Connector: AnsweringMaster },
    });
    expect([1, 2, 6, 7, 50].map((attempts) => retryStrategy?.(attempts))).toEqual([10, 50, 50, 100, 100]);
    expect(sentinelRetryStrategy?.(50)).toBe(100);
    expect(reconnectOnError).toBeTypeOf("function");
  });

  test.each([
    ["READONLY You can't write against a read only replica.", 2],
    ["NOREPLICAS Not enough good replicas to write.", 2],
    ["UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)", 2],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", false],
    ["ERR no such command READONLYISH", false],
  ])("answer the error %s with reconnectOnError %s", (message, answer) => {
    expect(recommendedClientOptions(addressing).reconnectOnError?.(new Error(message))).toBe(answer);
  });

  test("include the given natMap for a client outside the set's network", () => {
    const natMap = { "10.41.0.10:6379": { host: "127.0.0.1", port: 6379 } };
    expect(recommendedClientOptions({ ...addressing, db: 3, natMap })).toMatchObject({ db: 3, natMap });
  });
});
