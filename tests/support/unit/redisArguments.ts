/**
 * Splits a line into arguments as Redis does (`sdssplitargs` in its sds.c), byte by byte; undefined if Redis considers
 * the quotes unbalanced. Each argument is returned as bytes.
 */
export function redisArguments(line: Buffer): Buffer[] | undefined {
  const characters = line.toString("latin1");
  const found: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(characters[at])) {
      at += 1;
    }
    if (at >= characters.length) {
      return found;
    }
    const word = readWord(characters, at);
    if (word === undefined) {
      return undefined;
    }
    found.push(Buffer.from(word.text, "latin1"));
    at = word.end;
  }
}

/** The lines of a configuration file that are neither blank nor comments, each split into arguments as text. */
export function redisDirectives(content: string): (string[] | undefined)[] {
  return content
    .split("\n")
    .map((line) => line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => redisArguments(Buffer.from(line, "utf8"))?.map((argument) => argument.toString("utf8")));
}

interface Word {
  readonly text: string;
  readonly end: number;
}

function readWord(line: string, start: number): Word | undefined {
  let text = "";
  let at = start;
  while (at < line.length && !/[ \n\r\t]/.test(line[at] ?? "")) {
    const quote = line[at];
    if (quote !== '"' && quote !== "'") {
      text += quote;
      at += 1;
      continue;
    }
    const quoted = readQuoted(line, at + 1, quote);
    // A closing quote ends the word. Redis requires a space or the end of the line after it.
    if (quoted === undefined || !(quoted.end >= line.length || isSpace(line[quoted.end]))) {
      return undefined;
    }
    return { text: text + quoted.text, end: quoted.end };
  }
  return { text, end: at };
}

function readQuoted(line: string, start: number, quote: string): Word | undefined {
  let text = "";
  let at = start;
  while (at < line.length) {
    const escaped = quote === '"' ? readEscape(line, at) : readSingleEscape(line, at);
    if (escaped !== undefined) {
      text += escaped.text;
      at = escaped.end;
    } else if (line[at] === quote) {
      return { text, end: at + 1 };
    } else {
      text += line[at];
      at += 1;
    }
  }
  return undefined;
}

function readEscape(line: string, at: number): Word | undefined {
  const byte = /^\\x([0-9A-Fa-f]{2})/.exec(line.slice(at, at + 4))?.[1];
  if (byte !== undefined) {
    return { text: String.fromCharCode(Number.parseInt(byte, 16)), end: at + 4 };
  }
  const next = line[at + 1];
  if (line[at] !== "\\" || next === undefined) {
    return undefined;
  }
  const named: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\u0007" };
  return { text: named[next] ?? next, end: at + 2 };
}

function readSingleEscape(line: string, at: number): Word | undefined {
  return line.startsWith("\\'", at) ? { text: "'", end: at + 2 } : undefined;
}

/** The characters of C's isspace. */
function isSpace(character: string | undefined): boolean {
  return character !== undefined && /[ \f\n\r\t\v]/.test(character);
}
