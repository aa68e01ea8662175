import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { nextLook } from "../readiness.ts";

/** A container that did not become ready in time. */
export class NotReadyError extends Error {
  constructor(container: string, waited: number, said: string, logs: string) {
    super(
      `${container} is not ready ${Math.round(waited / 1000)} s after its start: ${said}\n` +
        `its last log lines:\n${logs}\n` +
        `look at: docker logs ${container}`,
    );
    this.name = "NotReadyError";
  }
}

/** Milliseconds of waiting in silence. */
const SILENCE = 2_000;

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
 * Runs a container's own probe until it passes: the same question its health check asks, without waiting for the
 * health check's interval (a container created with `wait` costs about 3 s, this costs what the workload needs).
 *
 * @throws NotReadyError with the probe's last words and the container's last log lines
 */
export async function awaitReadiness(engine: Docker, container: string, options: ReadinessOptions): Promise<void> {
  const { probe, deadline, progress, signal } = options;
  const start = Date.now();
  let reported = "";
  for (;;) {
    const answer = await runProbe(engine, container, probe);
    if (answer.exitCode === 0) {
      return;
    }
    const waited = Date.now() - start;
    const end = await reasonToGiveUp(engine, container);
    if (end !== undefined || waited >= deadline) {
      throw new NotReadyError(container, waited, end ?? answer.output, await lastLogLines(engine, container));
    }
    if (waited > SILENCE && answer.output !== reported) {
      reported = answer.output;
      progress(`waiting for ${container}: ${reported}`);
    }
    await delay(nextLook(waited), undefined, signal === undefined ? {} : { signal });
  }
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
