/**
 * Quotes any value as one argument of a Redis configuration line or of an input line of redis-cli, so that Redis reads
 * exactly this value.
 *
 * Redis splits both kinds of lines by the same rules (`sdssplitargs`): white space separates words, and double quotes
 * may contain the escapes `\"`, `\\` and `\xHH`. Characters outside printable ASCII are written as escaped bytes.
 */
export function quote(value: unknown): string {
  const text = String(value);
  return unquoted.test(text) ? text : `"${[...Buffer.from(text, "utf8")].map(escapeByte).join("")}"`;
}

/** Values that need no quotes at any position of a line, including its beginning. */
const unquoted = /^[A-Za-z0-9._:/=-]+$/;

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") {
    return `\\${character}`;
  }
  return character >= " " && character <= "~" ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
