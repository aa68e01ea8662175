import type { RedisOptions } from "ioredis";
import type { Endpoint } from "../topology/topology.ts";
import { AnsweringMaster } from "./answeringMaster.ts";

/** What a Node application knows of the set. */
export interface ClientAddressing {
  readonly sentinels: readonly Endpoint[];
  readonly masterName: string;
  /** Of the data nodes and of the Sentinels. */
  readonly password: string;
  /** @default 0 */
  readonly db?: number;
  /**
   * Where to connect to instead of the addresses that Sentinels answer with, for a client outside the set's network:
   * `{ "10.1.2.3:6379": { host: "127.0.0.1", port: 6379 } }`.
   */
  readonly natMap?: Readonly<Record<string, Endpoint>>;
}

/** Without `replyMapping`, on which the type of ioredis' replies depends. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

/**
 * Options with which an ioredis client survives failovers of this set.
 *
 * Measured with ioredis 6.0.0 and Redis 7.0.15, master killed, down-after 1000 ms: the first write is accepted again
 * after 2.3 s (median), with the library's defaults after 3.7 s. With the master frozen (SIGSTOP) the defaults did not
 * recover within 25 s.
 *
 * Blocking commands need a `socketTimeout` above their own time: any command without an answer for 2 s ends the
 * connection. One that waits at a planned switchover is repeated at the new master; the application sees no error.
 */
export function recommendedClientOptions(addressing: ClientAddressing): ClientOptions {
  const { sentinels, masterName, password, db = 0, natMap } = addressing;
  return {
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: masterName,
    role: "master",
    password,
    sentinelPassword: password,
    db,
    ...(natMap === undefined ? {} : { natMap: { ...natMap } }),
    // In 4 of 18 failovers it left the client ended for good; without it, in none of 10.
    failoverDetector: false,
    // At a planned switchover the next master is there at once, and the Sentinels name it within 0.2 s. The default backs
    // off to 5 s, while after a failure they know the new master within one or two.
    retryStrategy: (attempts) => (attempts === 1 ? 10 : attempts <= 6 ? 50 : 100),
    sentinelRetryStrategy: () => 100,
    connectTimeout: 1000,
    // A frozen master accepts connections and answers on none.
    Connector: AnsweringMaster,
    sentinelCommandTimeout: 500,
    // A frozen master keeps its connections open: only the missing answer tells.
    socketTimeout: 2000,
    // A failover may take longer than any number of attempts.
    maxRetriesPerRequest: null,
    // The node was demoted, with READONLY for a write and UNBLOCKED for a blocking command that waited (BLPOP), or it is cut
    // off from its replicas: ask the Sentinels again and repeat the command there.
    reconnectOnError: (error) => (/^(READONLY|UNBLOCKED|NOREPLICAS)/.test(error.message) ? 2 : false),
  };
}
