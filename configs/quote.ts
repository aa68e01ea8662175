/**
 * One argument of a Redis configuration line, or of a line that redis-cli reads, such that Redis reads back exactly
 * `value` and nothing more, whatever is in it.
 *
 * Redis splits both by the same rules (`sdssplitargs`): words apart by white space, and within double quotes the
 * escapes `\"`, `\\` and `\xHH`. All that is not printable ASCII is written as bytes.
 */
export function quote(value: unknown): string {
  const text = String(value);
  return UNQUOTED.test(text) ? text : `"${[...Buffer.from(text, "utf8")].map(escapeByte).join("")}"`;
}

/** What needs no quotes anywhere in a line, not at its beginning either. */
const UNQUOTED = /^[A-Za-z0-9._:/=-]+$/;

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") {
    return `\\${character}`;
  }
  return character >= " " && character <= "~" ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
