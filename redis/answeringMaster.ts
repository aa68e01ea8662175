import { type SentinelConnectionOptions, SentinelConnector } from "ioredis";

type Connect = SentinelConnector["connect"];

/** Milliseconds to wait for the first answer on a new connection; on a healthy set it takes less than 10 ms. */
const shortLimit = 200;

/** After this many failures in a row the short limit itself may be the cause, on a slow network or a busy machine. */
const shortAttempts = 20;

/** Milliseconds to wait after that many failures, until an answer arrives within the short limit again. */
const longLimit = 2000;

/**
 * Connects an ioredis client to the master that the Sentinels name, and soon closes a connection without an answer.
 * Until a failover is complete, the Sentinels name the old master. If the old master is frozen, its kernel still
 * accepts connections. ioredis would wait on each of them as long as for any slow command (`socketTimeout`), although
 * another node has already become the master.
 */
export class AnsweringMaster extends SentinelConnector {
  #unanswered = 0;
  #limit = shortLimit;

  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override async connect(report: Parameters<Connect>[0]): ReturnType<Connect> {
    const stream = await super.connect(report);
    const begun = performance.now();
    const timer = setTimeout(() => {
      this.#unanswered += 1;
      this.#limit = this.#unanswered < shortAttempts ? shortLimit : longLimit;
      stream.destroy();
    }, this.#limit);
    // ioredis sends HELLO as soon as the connection is open, so the first data is the answer to HELLO.
    stream.once("data", () => {
      this.#unanswered = 0;
      this.#limit = performance.now() - begun < shortLimit ? shortLimit : longLimit;
      clearTimeout(timer);
    });
    stream.once("close", () => clearTimeout(timer));
    return stream;
  }
}
