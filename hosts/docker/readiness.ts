import type Docker from "dockerode";
import { awaitReady, NotReadyError, type Readiness } from "../readiness.ts";

/** Restarts after which a container counts as failed. Docker doubles the delay: the fifth is 3 s after the first. */
const maximumRestarts = 5;

export interface ReadinessOptions {
  /** The command whose exit code 0 means ready. */
  readonly probe: readonly string[];
  /** Milliseconds. */
  readonly deadline: number;
  /** Called with the reason why the container is not ready, after 2 s and whenever the reason changes. */
  readonly progress: (line: string) => void;
  /** Ends the wait. @default only readiness, the deadline and a container that stopped permanently end it */
  readonly signal?: AbortSignal;
}

/**
 * Runs a container's probe until the probe passes. This is the command of the container's health check, run more often.
 *
 * @throws NotReadyError with the probe's last output and the container's last log lines
 */
export function awaitReadiness(engine: Docker, container: string, options: ReadinessOptions): Promise<void> {
  const { probe, ...wait } = options;
  return awaitReady({
    ...wait,
    name: container,
    poll: () => poll(engine, container, probe),
    failure: async (words, waited) =>
      new NotReadyError(
        `${container} is not ready ${Math.round(waited / 1000)} s after its start: ${words}\n` +
          `its last log lines:\n${await lastLogLines(engine, container)}\n` +
          `look at: docker logs ${container}`,
      ),
  });
}

async function poll(engine: Docker, container: string, probe: readonly string[]): Promise<Readiness> {
  const answer = await runProbe(engine, container, probe);
  if (answer.exitCode === 0) {
    return { state: "ready" };
  }
  const failure = await permanentFailure(engine, container);
  return failure === undefined ? { state: "waiting", words: answer.output } : { state: "failed", words: failure };
}

/** Why waiting for the container does not help; undefined if it runs or will be restarted. */
async function permanentFailure(engine: Docker, container: string): Promise<string | undefined> {
  const { State: state, RestartCount: restarts } = await engine.getContainer(container).inspect();
  if (restarts >= maximumRestarts) {
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
      output: output.trim() || `its probe exits with ${ExitCode ?? "no exit code"}`,
    };
  } catch (error) {
    // A container between two restarts refuses to run a command (409). This is an expected answer.
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

/**
 * Removes the frame headers from the output of a container without a terminal. A header has one byte for the stream,
 * three zero bytes, and four bytes for the length.
 */
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
