import type Docker from "dockerode";
import { DockerFailure, Interrupted } from "../docker/errors.ts";
import type { Context } from "../resource.ts";
import type { Values } from "../values.ts";
import { lastLines, logText } from "./logs.ts";
import type { ContainerInputs } from "./schema.ts";

/** Milliseconds between two status lines while waiting. */
const statusInterval = 2000;

/**
 * Waits up to `waitTimeout` seconds until the health check of a container passes. Fails at once if the container exits
 * and is not restarted.
 * @throws {DockerFailure} With the last output of the health check and of the container.
 */
export async function untilHealthy(
  container: Docker.Container,
  inputs: ContainerInputs,
  context: Context,
): Promise<void> {
  const started = Date.now();
  const deadline = AbortSignal.timeout(inputs.waitTimeout * 1000);
  const signal = AbortSignal.any([context.signal, deadline]);
  const statusTimer = setInterval(() => {
    context.log.status(`waiting for ${inputs.name} to be healthy (${seconds(started)} of ${inputs.waitTimeout} s)`);
  }, statusInterval);
  try {
    await watch(container, context.docker, signal, (info) => {
      const health = info.State.Health;
      if (!info.State.Running && !info.State.Restarting) {
        throw new NotHealthy(`it exited with code ${info.State.ExitCode}`);
      }
      if (health === undefined) {
        const advice = "add the property healthcheck, or remove the property wait";
        throw new DockerFailure(`container ${inputs.name} has no health check to wait for: ${advice}`);
      }
      return health.Status === "healthy";
    });
  } catch (error) {
    if (context.signal.aborted) {
      throw new Interrupted(`waiting for container ${inputs.name} to be healthy`);
    }
    const reason = deadline.aborted ? await timeoutReason(container, inputs) : error;
    if (!(reason instanceof NotHealthy)) {
      throw reason;
    }
    throw new DockerFailure(
      `container ${inputs.name} is not healthy: ${reason.message}\n${await lastLines(container)}`,
    );
  } finally {
    clearInterval(statusTimer);
  }
}

/**
 * Waits until a container has exited. Returns its output if the input `logs` is true.
 * @throws {Interrupted} If the update is cancelled before the container has exited.
 */
export async function untilExited(
  container: Docker.Container,
  inputs: ContainerInputs,
  context: Context,
): Promise<Values> {
  const started = Date.now();
  const statusTimer = setInterval(() => {
    context.log.status(`waiting for ${inputs.name} to exit (${seconds(started)} s)`);
  }, statusInterval);
  try {
    await container.wait({ condition: "not-running", abortSignal: context.signal });
  } catch (error) {
    if (context.signal.aborted) {
      throw new Interrupted(`waiting for ${inputs.name} to exit`);
    }
    throw error;
  } finally {
    clearInterval(statusTimer);
  }
  return inputs.logs ? { containerLogs: await logText(container) } : {};
}

/** Inspects a container now and after each of its events, until the condition holds. */
async function watch(
  container: Docker.Container,
  docker: Docker,
  signal: AbortSignal,
  condition: (info: Docker.ContainerInspectInfo) => boolean,
): Promise<void> {
  const filters = { container: [container.id], event: ["health_status", "start", "die", "destroy"] };
  const events = await docker.getEvents({ filters: JSON.stringify(filters), abortSignal: signal });
  try {
    // The container is inspected after the event stream is open, so that no change is missed.
    if (condition(await container.inspect({ abortSignal: signal }))) {
      return;
    }
    for await (const _ of events) {
      if (condition(await container.inspect({ abortSignal: signal }))) {
        return;
      }
    }
    throw new DockerFailure("Docker ended the events of the container");
  } finally {
    (events as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

/** Why the wait failed. The output of the container is added to the message later. */
class NotHealthy extends Error {}

async function timeoutReason(container: Docker.Container, inputs: ContainerInputs): Promise<NotHealthy> {
  const { State: state, RestartCount: restarts } = await container.inspect();
  const last = state.Health?.Log?.at(-1);
  const crashes = restarts > 0 ? ` and has exited ${restarts} times, the last time with code ${state.ExitCode}` : "";
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
