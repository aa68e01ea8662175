import type { LedgerClient } from "../../../drills/ledger/ledgerClient.ts";
import type { ReadableNode } from "../../../drills/ledger/readBack.ts";
import type { Entry } from "../../../drills/ledger/record.ts";

/** The outcome of a write. */
export type Fate = "kept" | "lost" | "refused" | "kept on the master only" | "kept without an answer";

/** A master and a replica in memory that can lose, refuse or not answer writes. Counts the outcomes of the writes. */
export class MemorySet {
  readonly master = new MemoryNode();
  readonly replica = new MemoryNode();
  readonly fates = new Map<Fate, number>();
  /** The outcome of the next write. */
  fate: Fate = "kept";

  client(): LedgerClient {
    return { write: (entry) => this.#write(entry), close: () => undefined };
  }

  count(fate: Fate): number {
    return this.fates.get(fate) ?? 0;
  }

  async #write(entry: Entry): Promise<void> {
    const { fate } = this;
    this.fates.set(fate, this.count(fate) + 1);
    if (fate === "refused") {
      throw new Error("READONLY You can't write against a read only replica.");
    }
    if (fate !== "lost") {
      this.master.put(entry);
    }
    if (fate === "kept") {
      this.replica.put(entry);
    }
    if (fate === "kept without an answer") {
      throw new Error("Connection is closed.");
    }
  }
}

export class MemoryNode implements ReadableNode {
  readonly #hashes = new Map<string, Set<string>>();

  put({ key, field }: Entry): void {
    this.#hashes.set(key, (this.#hashes.get(key) ?? new Set()).add(field));
  }

  async hkeys(key: string): Promise<readonly string[]> {
    return [...(this.#hashes.get(key) ?? [])];
  }
}
