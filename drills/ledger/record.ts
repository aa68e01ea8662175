/**
 * What the writers of one ledger did. A write costs 24 bytes, so ten minutes at 2,000 writes a second take 30 MB.
 * All times are milliseconds of the monotonic clock of this process (`performance.now()`).
 */
export interface LedgerRecord {
  /** Sets the keys of this ledger apart from those of all others. */
  readonly run: string;
  /** When every writer had its first acknowledgement. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly writers: readonly WriterRecord[];
  readonly marks: readonly Mark[];
}

/** Something that happened to the set meanwhile, as the caller describes it. */
export interface Mark {
  readonly at: number;
  readonly event: string;
}

/** Where a write is kept: one field of a hash that no other write has. */
export interface Entry {
  readonly key: string;
  readonly field: string;
}

/**
 * Fields of one hash. Up to 512 of them Redis keeps in one piece of memory (hash-max-listpack-entries): about 8 bytes a
 * write instead of about 90 for a key of its own, so that ten minutes of writes fit the smallest node.
 */
export const FIELDS_OF_A_KEY = 500;

/** Outcomes of a write; those from FAILED on are failures, each with the place of its reason. */
const [UNKNOWN, ACKNOWLEDGED, FAILED] = [0, 1, 2];

/** The writes of one writer, by their number, in the order in which they were sent; one is under way at a time. */
export class WriterRecord {
  readonly sentAt: number[] = [];
  /** NaN as long as nothing is known of the outcome. */
  readonly settledAt: number[] = [];
  /**
   * Writes that were due while the one before was still under way, and were left out. They are the demand that was not
   * served: a writer that waits measures one long pause, not many quick answers.
   */
  heldBack = 0;
  /** By the number of the write: its place in the list of outcomes. */
  readonly #outcomes: number[] = [];
  /** Each reason of a failure is kept once, however many writes it met. */
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
    this.#outcomes.push(UNKNOWN);
    return this.sentAt.push(at) - 1;
  }

  acknowledge(write: number, at: number): void {
    if (this.#ended) {
      return;
    }
    this.settledAt[write] = at;
    this.#outcomes[write] = ACKNOWLEDGED;
  }

  /** The write was refused, or its outcome will never be known. */
  fail(write: number, at: number, reason: string): void {
    if (this.#ended) {
      return;
    }
    const known = this.#reasons.indexOf(reason);
    const place = known === -1 ? this.#reasons.push(reason) - 1 : known;
    this.settledAt[write] = at;
    this.#outcomes[write] = FAILED + place;
  }

  /** Nothing is added from here on; a write that is still under way has failed. */
  end(): void {
    const last = this.sentAt.length - 1;
    if (this.#outcomes[last] === UNKNOWN) {
      this.fail(last, performance.now(), "no answer until the end");
    }
    this.#ended = true;
  }

  isAcknowledged(write: number): boolean {
    return this.#outcomes[write] === ACKNOWLEDGED;
  }

  /** Why a write failed; undefined for one that did not. */
  failure(write: number): string | undefined {
    return this.#reasons[(this.#outcomes[write] ?? UNKNOWN) - FAILED];
  }

  /** Why the last write that failed did. */
  lastFailure(): string | undefined {
    const outcome = this.#outcomes.findLast((one) => one >= FAILED);
    return outcome === undefined ? undefined : this.#reasons[outcome - FAILED];
  }

  entry(write: number): Entry {
    return { key: `${this.#keys}:${Math.floor(write / FIELDS_OF_A_KEY)}`, field: String(write) };
  }

  /** Every key that this writer has written to. */
  keys(): readonly string[] {
    const count = Math.ceil(this.sentAt.length / FIELDS_OF_A_KEY);
    return Array.from({ length: count }, (_, block) => `${this.#keys}:${block}`);
  }

  /** When each acknowledgement came, from the first to the last. */
  acknowledgements(): readonly number[] {
    return this.settledAt.filter((_, write) => this.isAcknowledged(write));
  }
}
