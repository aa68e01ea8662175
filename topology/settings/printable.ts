/**
 * Makes external text (a key, a value, an argument, a name) safe to print on one line. Control characters, line
 * separators and characters that change the text direction are escaped, so that the text cannot forge lines of output.
 * A text that is longer than the limit is cut, and its length is appended.
 *
 * @param limit the maximum number of characters that are shown (default: 100)
 */
export function printable(text: string, limit = 100): string {
  const cut = text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length} characters)`;
  return cut.replaceAll(unprintable, escaped);
}

/** Control and format characters, lone surrogates, and the separators of lines and paragraphs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return shortEscapes[character] ?? `\\u{${code.toString(16)}}`;
}
