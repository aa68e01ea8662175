import type Docker from "dockerode";

const shownLines = 20;
/** Characters of a line; some programs print whole documents in one. */
const shownLength = 400;

/** The last lines a container printed, with a heading; for the message of a failure. */
export async function lastLines(container: Docker.Container): Promise<string> {
  try {
    const lines = (await logText(container, shownLines)).trimEnd().split("\n");
    if (lines.length === 1 && lines[0] === "") {
      return "It printed nothing.";
    }
    const shown = lines.map((line) => `  ${line.length > shownLength ? `${line.slice(0, shownLength)}…` : line}`);
    return ["Its last lines:", ...shown].join("\n");
  } catch (error) {
    // The log driver may not be readable; that must not hide the failure the lines were wanted for.
    return `Its log cannot be read: ${(error as Error).message}`;
  }
}

/** What a container printed to both streams. */
export async function logText(container: Docker.Container, lines?: number): Promise<string> {
  const log = await container.logs({ follow: false, stdout: true, stderr: true, ...(lines ? { tail: lines } : {}) });
  const { Config: config } = await container.inspect();
  return (config.Tty ? log : payload(log)).toString("utf8");
}

/** Without a terminal Docker frames each piece: 4 bytes about the stream, 4 bytes of length, then the text. */
function payload(framed: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    pieces.push(framed.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces);
}
