import type Docker from "dockerode";
import { DockerFailure, Interrupted } from "../docker/errors.ts";
import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";
import { lastLines, logText } from "./logs.ts";
import type { ContainerInputs } from "./schema.ts";

/** After this many milliseconds a wait says what it waits for. */
const quiet = 2000;

/**
 * Waits until a container's health check passes, for `waitTimeout` seconds. One that exits for good fails at once.
 * @throws {DockerFailure} With the last words of the health check and of the container.
 */
export async function untilHealthy(
  container: Docker.Container,
  inputs: ContainerInputs,
  context: Context,
): Promise<void> {
  const started = Date.now();
  const deadline = AbortSignal.timeout(inputs.waitTimeout * 1000);
  const signal = AbortSignal.any([context.signal, deadline]);
  const speak = setInterval(() => {
    context.log.status(`waiting for ${inputs.name} to be healthy (${seconds(started)} of ${inputs.waitTimeout} s)`);
  }, quiet);
  try {
    await watch(container, context.docker, signal, (info) => {
      const health = info.State.Health;
      if (!info.State.Running && !info.State.Restarting) {
        throw new NotHealthy(`it exited with code ${info.State.ExitCode}`);
      }
      if (health === undefined) {
        const advice = "give it a healthcheck, or leave out wait";
        throw new DockerFailure(`container ${inputs.name} has no health check to wait for: ${advice}`);
      }
      return health.Status === "healthy";
    });
  } catch (error) {
    if (context.signal.aborted) {
      throw new Interrupted(`waiting for container ${inputs.name} to be healthy`);
    }
    const reason = deadline.aborted ? await lateReason(container, inputs) : error;
    if (!(reason instanceof NotHealthy)) {
      throw reason;
    }
    throw new DockerFailure(
      `container ${inputs.name} is not healthy: ${reason.message}\n${await lastLines(container)}`,
    );
  } finally {
    clearInterval(speak);
  }
}

/**
 * Waits until a container has exited, and reads what it printed when `logs` asks for it.
 * @throws {Interrupted} The update was cancelled first.
 */
export async function untilExited(
  container: Docker.Container,
  inputs: ContainerInputs,
  context: Context,
): Promise<Values> {
  const started = Date.now();
  const speak = setInterval(() => {
    context.log.status(`waiting for ${inputs.name} to exit (${seconds(started)} s)`);
  }, quiet);
  try {
    await container.wait({ condition: "not-running", abortSignal: context.signal });
  } catch (error) {
    if (context.signal.aborted) {
      throw new Interrupted(`waiting for ${inputs.name} to exit`);
    }
    throw error;
  } finally {
    clearInterval(speak);
  }
  return inputs.logs ? { containerLogs: await logText(container) } : {};
}

/** Looks at a container now and after each of its events, until the look is content. */
async function watch(
  container: Docker.Container,
  docker: Docker,
  signal: AbortSignal,
  content: (info: Docker.ContainerInspectInfo) => boolean,
): Promise<void> {
  const filters = { container: [container.id], event: ["health_status", "start", "die", "destroy"] };
  const events = await docker.getEvents({ filters: JSON.stringify(filters), abortSignal: signal });
  try {
    // The first look comes after the events are open, so nothing falls between.
    if (content(await container.inspect({ abortSignal: signal }))) {
      return;
    }
    for await (const _ of events) {
      if (content(await container.inspect({ abortSignal: signal }))) {
        return;
      }
    }
    throw new DockerFailure("Docker ended the events of the container");
  } finally {
    (events as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

/** Why waiting ended; what the container printed is added later. */
class NotHealthy extends Error {}

async function lateReason(container: Docker.Container, inputs: ContainerInputs): Promise<NotHealthy> {
  const { State: state, RestartCount: restarts } = await container.inspect();
  const last = state.Health?.Log?.at(-1);
  const crashes = restarts > 0 ? ` and has exited ${restarts} times, last with code ${state.ExitCode}` : "";
  const check = last
    ? `its health check last exited with ${last.ExitCode}: ${last.Output.trim()}`
    : "its health check has not run yet";
  return new NotHealthy(
    `after ${inputs.waitTimeout} s it is ${state.Health?.Status ?? state.Status}${crashes}; ${check}`,
  );
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
