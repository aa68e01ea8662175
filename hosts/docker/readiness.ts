import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";

/** A container that did not become ready in time. */
export class NotReadyError extends Error {
  constructor(
    container: string,
    deadline: number,
    said: string,
    logs: string,
  ) {
    super(
      `${container} is not ready ${Math.round(deadline / 1000)} s after its start: ${said}\n` +
        `its last log lines:\n${logs}\n` +
        `look at: docker logs ${container}`,
    );
    this.name = "NotReadyError";
  }
}

/** Milliseconds between two tries; a probe takes about 30 ms, and a first sync a few hundred. */
const PROBE_INTERVAL = 100;

/**
 * Runs a container's own probe until it passes: the same question its health check asks, without waiting for the
 * health check's interval (a container created with `wait` costs about 3 s, this costs what the workload needs).
 *
 * @param deadline milliseconds
 * @throws NotReadyError with the probe's last words and the container's last log lines
 */
export async function awaitReadiness(
  engine: Docker,
  container: string,
  probe: readonly string[],
  deadline: number,
): Promise<void> {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await runProbe(engine, container, probe);
    if (answer.exitCode === 0) {
      return;
    }
    const { State: state } = await engine.getContainer(container).inspect();
    const gone = !state.Running && !state.Restarting;
    if (gone || Date.now() >= end) {
      const said = gone ? `it stopped with exit code ${state.ExitCode}` : answer.output;
      throw new NotReadyError(container, deadline, said, await lastLogLines(engine, container));
    }
    await delay(PROBE_INTERVAL);
  }
}

interface ProbeAnswer {
  readonly exitCode: number | undefined;
  readonly output: string;
}

async function runProbe(engine: Docker, container: string, probe: readonly string[]): Promise<ProbeAnswer> {
  try {
    const execution = await engine
      .getContainer(container)
      .exec({ Cmd: [...probe], AttachStdout: true, AttachStderr: true, Tty: true });
    const output = await textOf(await execution.start({ Tty: true }));
    const { ExitCode } = await execution.inspect();
    return { exitCode: ExitCode ?? undefined, output: output.trim() };
  } catch (error) {
    // A container between two restarts refuses to run anything (409); that is an answer, not an accident.
    if (error instanceof Error && "statusCode" in error && error.statusCode === 409) {
      return { exitCode: undefined, output: error.message };
    }
    throw error;
  }
}

async function lastLogLines(engine: Docker, container: string): Promise<string> {
  const raw = await engine.getContainer(container).logs({ stdout: true, stderr: true, tail: 20 });
  return withoutStreamHeaders(raw)
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n")
    .trimEnd();
}

/** Docker frames the output of a container without a terminal: one byte stream, three zero, four length. */
function withoutStreamHeaders(raw: Buffer): string {
  const chunks: Buffer[] = [];
  for (let offset = 0; offset + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(offset + 4);
    chunks.push(raw.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString("utf8");
}
