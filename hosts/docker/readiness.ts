import type Docker from "dockerode";
import { awaitReady, NotReadyError, type Readiness } from "../readiness.ts";

/** Docker restarts a container that stops, each time after twice as long; the fifth time is 3 s after the first. */
const HOPELESS_RESTARTS = 5;

export interface ReadinessOptions {
  /** The command whose exit code 0 means ready. */
  readonly probe: readonly string[];
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with what is being waited for, when that takes over 2 s and whenever it changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a container that stopped for good end it */
  readonly signal?: AbortSignal;
}

/**
 * Runs a container's own probe until it passes: the same question as its health check, without waiting for the interval of
 * the health check.
 *
 * @throws NotReadyError with the probe's last words and the container's last log lines
 */
export function awaitReadiness(engine: Docker, container: string, options: ReadinessOptions): Promise<void> {
  const { probe, ...wait } = options;
  return awaitReady({
    ...wait,
    name: container,
    look: () => look(engine, container, probe),
    failure: async (words, waited) =>
      new NotReadyError(
        `${container} is not ready ${Math.round(waited / 1000)} s after its start: ${words}\n` +
          `its last log lines:\n${await lastLogLines(engine, container)}\n` +
          `look at: docker logs ${container}`,
      ),
  });
}

async function look(engine: Docker, container: string, probe: readonly string[]): Promise<Readiness> {
  const answer = await runProbe(engine, container, probe);
  if (answer.exitCode === 0) {
    return { state: "ready" };
  }
  const end = await reasonToGiveUp(engine, container);
  return end === undefined ? { state: "waiting", words: answer.output } : { state: "failed", words: end };
}

async function reasonToGiveUp(engine: Docker, container: string): Promise<string | undefined> {
  const { State: state, RestartCount: restarts } = await engine.getContainer(container).inspect();
  if (restarts >= HOPELESS_RESTARTS) {
    return `it stopped ${restarts} times, with exit code ${state.ExitCode}`;
  }
  return state.Running || state.Restarting ? undefined : `it stopped with exit code ${state.ExitCode}`;
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
    return {
      exitCode: ExitCode ?? undefined,
      output: output.trim() || `its probe ends with ${ExitCode ?? "no exit code"}`,
    };
  } catch (error) {
    // A container between two restarts refuses to run anything (409); that is an answer, not an accident.
    if (error instanceof Error && "statusCode" in error && error.statusCode === 409) {
      return { exitCode: undefined, output: "it is not running" };
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
