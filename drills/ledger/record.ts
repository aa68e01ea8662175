/**
 * The record of all writes of one ledger. A write takes 24 bytes, so ten minutes at 2,000 writes per second take 30 MB.
 * All times are milliseconds of the monotonic clock of this process (`performance.now()`).
 */
export interface LedgerRecord {
  /** A unique id, which is part of the ledger's keys. */
  readonly run: string;
  /** When the last writer received its first acknowledgement. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly writers: readonly WriterRecord[];
  readonly marks: readonly Mark[];
}

/** An event during a ledger, such as a fault, as the caller describes it. */
export interface Mark {
  readonly at: number;
  readonly event: string;
}

/** The place of a write: one field of a hash, used by no other write. */
export interface Entry {
  readonly key: string;
  readonly field: string;
}

/**
 * The number of fields of one hash. Redis stores a hash of up to 512 fields in compact form
 * (hash-max-listpack-entries). A write then takes about 8 bytes instead of about 90 for a key of its own, so ten
 * minutes of writes fit into the smallest node.
 */
export const fieldsOfAKey = 500;

/** Outcomes of a write. `failed` or more is a failure: `failed + n` stands for the reason with index n. */
const [unknown, acknowledged, failed] = [0, 1, 2];

/** The writes of one writer, numbered in the order in which they were sent. Only one write is in progress at a time. */
export class WriterRecord {
  readonly sentAt: number[] = [];
  /** When the outcome of each write became known; NaN until then. */
  readonly settledAt: number[] = [];
  /**
   * The number of writes that were due while the previous write was still in progress, and were not sent. They measure
   * the demand that was not served: a waiting writer records one long pause instead of many fast answers.
   */
  heldBack = 0;
  /** The outcome of each write. */
  readonly #outcomes: number[] = [];
  /** The distinct reasons of failures. Each is stored once, however many writes failed with it. */
  readonly #reasons: string[] = [];
  readonly #keys: string;
  #ended = false;

  /** @param writer its number within the run */
  constructor(run: string, writer: number) {
    this.#keys = `ledger:${run}:${writer}`;
  }

  /** @returns the number of the write */
  send(at: number): number {
    this.settledAt.push(Number.NaN);
    this.#outcomes.push(unknown);
    return this.sentAt.push(at) - 1;
  }

  acknowledge(write: number, at: number): void {
    if (this.#ended) {
      return;
    }
    this.settledAt[write] = at;
    this.#outcomes[write] = acknowledged;
  }

  /** Records that the write was refused, or that its outcome will never be known. */
  fail(write: number, at: number, reason: string): void {
    if (this.#ended) {
      return;
    }
    const known = this.#reasons.indexOf(reason);
    const place = known === -1 ? this.#reasons.push(reason) - 1 : known;
    this.settledAt[write] = at;
    this.#outcomes[write] = failed + place;
  }

  /** Closes the record. A write that is still in progress counts as failed, and later outcomes are ignored. */
  end(): void {
    const last = this.sentAt.length - 1;
    if (this.#outcomes[last] === unknown) {
      this.fail(last, performance.now(), "no answer before the ledger ended");
    }
    this.#ended = true;
  }

  isAcknowledged(write: number): boolean {
    return this.#outcomes[write] === acknowledged;
  }

  /** Why a write failed; undefined if it did not fail. */
  failure(write: number): string | undefined {
    return this.#reasons[(this.#outcomes[write] ?? unknown) - failed];
  }

  /** The reason of the most recent failure. */
  lastFailure(): string | undefined {
    const outcome = this.#outcomes.findLast((one) => one >= failed);
    return outcome === undefined ? undefined : this.#reasons[outcome - failed];
  }

  entry(write: number): Entry {
    return { key: `${this.#keys}:${Math.floor(write / fieldsOfAKey)}`, field: String(write) };
  }

  /** Every key that this writer has written to. */
  keys(): readonly string[] {
    const count = Math.ceil(this.sentAt.length / fieldsOfAKey);
    return Array.from({ length: count }, (_, block) => `${this.#keys}:${block}`);
  }

  /** The times of all acknowledgements, from the first to the last. */
  acknowledgements(): readonly number[] {
    return this.settledAt.filter((_, write) => this.isAcknowledged(write));
  }
}
