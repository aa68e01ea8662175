import type Docker from "dockerode";

/** Lines of the log in a message. */
const shownLines = 20;
/** Maximum characters of a line in a message, since some programs print whole documents in one line. */
const shownLength = 400;

/** Returns the last lines of a container's log with a heading, for an error message. */
export async function lastLines(container: Docker.Container): Promise<string> {
  try {
    const lines = (await logText(container, shownLines)).trimEnd().split("\n");
    if (lines.length === 1 && lines[0] === "") {
      return "It printed nothing.";
    }
    const shown = lines.map((line) => `  ${line.length > shownLength ? `${line.slice(0, shownLength)}…` : line}`);
    return ["Its last lines:", ...shown].join("\n");
  } catch (error) {
    // Some log drivers cannot be read. That must not hide the original failure.
    return `Its log cannot be read: ${(error as Error).message}`;
  }
}

/** Returns the output of a container from both streams. */
export async function logText(container: Docker.Container, lines?: number): Promise<string> {
  const log = await container.logs({ follow: false, stdout: true, stderr: true, ...(lines ? { tail: lines } : {}) });
  const { Config: config } = await container.inspect();
  return (config.Tty ? log : payload(log)).toString("utf8");
}

/**
 * Removes the frames that Docker adds without a terminal: 4 bytes for the stream, 4 bytes for the length of the text.
 */
function payload(framed: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    pieces.push(framed.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces);
}
