import { type SentinelConnectionOptions, SentinelConnector } from "ioredis";

type Connect = SentinelConnector["connect"];

/** Milliseconds that a new connection has for its first answer; on a set that is well it takes less than ten. */
const ANSWER_LIMIT = 200;

/** After that many failures in a row the limit itself may be the fault, on a long line or a busy machine. */
const HASTY_ATTEMPTS = 20;

/** Milliseconds from then on, and until an answer comes within the other limit. */
const PATIENT_LIMIT = 2000;

/**
 * Leads an ioredis client to the master that the Sentinels name, and soon gives up a connection without an answer.
 * A frozen master is named until the failover is over, and its kernel goes on accepting connections: ioredis would wait
 * on each as long as for any slow command (`socketTimeout`), while another node has become the master.
 */
export class AnsweringMaster extends SentinelConnector {
  #unanswered = 0;
  #limit = ANSWER_LIMIT;

  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override async connect(report: Parameters<Connect>[0]): ReturnType<Connect> {
    const stream = await super.connect(report);
    const begun = performance.now();
    const timer = setTimeout(() => {
      this.#unanswered += 1;
      this.#limit = this.#unanswered < HASTY_ATTEMPTS ? ANSWER_LIMIT : PATIENT_LIMIT;
      stream.destroy();
    }, this.#limit);
    // ioredis greets as soon as there is a connection, so this is the answer to that.
    stream.once("data", () => {
      this.#unanswered = 0;
      this.#limit = performance.now() - begun < ANSWER_LIMIT ? ANSWER_LIMIT : PATIENT_LIMIT;
      clearTimeout(timer);
    });
    stream.once("close", () => clearTimeout(timer));
    return stream;
  }
}
