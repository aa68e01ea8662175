import type { Redis } from "ioredis";
import type { LedgerRecord } from "./record.ts";

/** The writes of a ledger that a node has: for each writer, a 1 at the number of each write that the node has. */
export type Contents = readonly Uint8Array[];

/** The only command that reading back needs; an ioredis client implements it. */
export interface ReadableNode {
  hkeys(key: string): Promise<readonly string[]>;
}

/** The number of commands that are sent at once. */
const atOnce = 50;

/** Reads all writes of a ledger that a node has. */
export async function readBack(node: ReadableNode, record: LedgerRecord): Promise<Contents> {
  const contents: Uint8Array[] = [];
  for (const writer of record.writers) {
    const present = new Uint8Array(writer.sentAt.length);
    for (const field of await fieldsOf(node, writer.keys())) {
      present[Number(field)] = 1;
    }
    contents.push(present);
  }
  return contents;
}

/** Removes all keys of a ledger from the set. */
export async function erase(master: Redis, record: LedgerRecord): Promise<void> {
  for (const keys of inPieces(record.writers.flatMap((writer) => writer.keys()))) {
    await master.unlink(...keys);
  }
}

async function fieldsOf(node: ReadableNode, keys: readonly string[]): Promise<readonly string[]> {
  const fields: string[] = [];
  for (const piece of inPieces(keys)) {
    const replies = await Promise.all(piece.map((key) => node.hkeys(key)));
    fields.push(...replies.flat());
  }
  return fields;
}

function inPieces<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / atOnce);
  return Array.from({ length: count }, (_, piece) => items.slice(piece * atOnce, (piece + 1) * atOnce));
}
