import { setTimeout as delay } from "node:timers/promises";
import type { LedgerClient } from "./ledgerClient.ts";
import { type LedgerRecord, type Mark, WriterRecord } from "./record.ts";

export interface LedgerOptions {
  /** Makes the client of one writer; called once for each. */
  readonly client: (writer: number) => LedgerClient;
  /** @default 8 */
  readonly writers?: number;
  /**
   * The rate of all writers together.
   *
   * @default 2000
   */
  readonly writesPerSecond?: number;
}

/** Milliseconds within which each writer must receive its first acknowledgement. */
const startLimit = 15_000;

/** Milliseconds to wait at the end for writes in progress. */
const closeLimit = 5000;

/** Milliseconds after which a write that its closed client has neither resolved nor rejected is given up. */
const forgotten = 500;

/** Some writers received no acknowledgement within the given time. */
export class NotServedError extends Error {
  /** Numbers of the writers that were not served. */
  readonly writers: readonly number[];

  constructor(writers: readonly number[], limit: number, lastFailure: string) {
    super(`writers ${writers.join(", ")} had no write acknowledged within ${limit} ms; last failure: ${lastFailure}`);
    this.name = "NotServedError";
    this.writers = writers;
  }
}

/**
 * Writers that write continuously, as applications do, and record each acknowledgement. Afterwards, an audit can tell
 * for every acknowledged write whether the set kept it.
 *
 * Writes are due at fixed times, independent of the outcome of earlier writes (no coordinated omission). Like a thread
 * of an application, a writer has only one write in progress. Writes that become due meanwhile are counted as held
 * back.
 */
export class Ledger {
  readonly #run = crypto.randomUUID().slice(0, 8);
  readonly #clients: readonly LedgerClient[];
  readonly #records: readonly WriterRecord[];
  readonly #marks: Mark[] = [];
  /** Called for each acknowledgement with the writer's number and the time at which the write was sent. */
  readonly #listeners = new Set<(writer: number, sentAt: number) => void>();
  readonly #writing: readonly Promise<void>[];
  #startedAt = Number.NaN;
  #closing = false;

  private constructor({ client, writers = 8, writesPerSecond = 2000 }: LedgerOptions) {
    const numbers = Array.from({ length: writers }, (_, writer) => writer);
    this.#clients = numbers.map(client);
    this.#records = numbers.map((writer) => new WriterRecord(this.#run, writer));
    const period = (1000 * writers) / writesPerSecond;
    const begin = performance.now();
    // The writers start evenly spaced in time, so that together they write at an even rate.
    this.#writing = numbers.map((writer) => this.#write(writer, begin + (period * writer) / writers, period));
  }

  /**
   * Starts the writers. Resolves when each has received its first acknowledgement.
   *
   * @throws NotServedError
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options);
    try {
      ledger.#startedAt = await ledger.served(performance.now(), startLimit);
    } catch (error) {
      await ledger.close();
      throw error;
    }
    return ledger;
  }

  /**
   * Records an event, and returns its time.
   *
   * @param at milliseconds of the monotonic clock @default now
   */
  mark(event: string, at = performance.now()): number {
    this.#marks.push({ at, event });
    return at;
  }

  /**
   * Waits until every writer receives an acknowledgement for a write that it sent after `since`. Acknowledgements from
   * before the call do not count. Resolves to the time of the last writer's acknowledgement.
   *
   * @param since milliseconds of the monotonic clock
   * @param limit milliseconds from now
   * @throws NotServedError
   */
  async served(since: number, limit: number): Promise<number> {
    const waiting = new Set(this.#records.keys());
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const serve = (writer: number, sentAt: number) => {
      if (sentAt >= since && waiting.delete(writer) && waiting.size === 0) {
        resolve(performance.now());
      }
    };
    const timer = setTimeout(() => reject(this.#notServed([...waiting], limit)), limit);
    this.#listeners.add(serve);
    try {
      return await promise;
    } finally {
      this.#listeners.delete(serve);
      clearTimeout(timer);
    }
  }

  /** Stops the writers and their clients. Writes without an answer after 5 s count as failed. */
  async close(): Promise<LedgerRecord> {
    const endedAt = performance.now();
    this.#closing = true;
    const written = Promise.all(this.#writing);
    await Promise.race([written, delay(closeLimit, undefined, { ref: false })]);
    for (const client of this.#clients) {
      client.close();
    }
    // Some clients drop a write when they are closed while connecting. Its promise would never settle.
    await Promise.race([written, delay(forgotten, undefined, { ref: false })]);
    for (const record of this.#records) {
      record.end();
    }
    return { run: this.#run, startedAt: this.#startedAt, endedAt, writers: this.#records, marks: this.#marks };
  }

  async #write(writer: number, firstDue: number, period: number): Promise<void> {
    const record = this.#records[writer] as WriterRecord;
    const client = this.#clients[writer] as LedgerClient;
    let due = firstDue;
    for (;;) {
      await delay(Math.max(0, due - performance.now()));
      if (this.#closing) {
        return;
      }
      const sentAt = performance.now();
      const write = record.send(sentAt);
      try {
        await client.write(record.entry(write));
        record.acknowledge(write, performance.now());
        for (const listener of this.#listeners) {
          listener(writer, sentAt);
        }
      } catch (error) {
        record.fail(write, performance.now(), error instanceof Error ? error.message : String(error));
      }
      const missed = Math.max(0, Math.floor((performance.now() - due) / period));
      record.heldBack += missed;
      due += (1 + missed) * period;
    }
  }

  #notServed(writers: readonly number[], limit: number): NotServedError {
    const failures = writers.map((writer) => this.#records[writer]?.lastFailure());
    return new NotServedError(writers, limit, failures.find((reason) => reason !== undefined) ?? "none yet");
  }
}
