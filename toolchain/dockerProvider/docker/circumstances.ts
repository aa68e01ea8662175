import { DockerFailure, dockerMessage, Interrupted, isRefusal, withAdvice } from "./errors.ts";

/**
 * Converts an error whose cause is not the resource to a failure that says what to do: Docker cannot be reached, or the
 * disk is full. Returns any other error unchanged.
 */
export function explainEnvironmentError(error: unknown, host: string, interrupted: boolean): unknown {
  if (interrupted && isAbort(error)) {
    return new Interrupted("waiting for Docker");
  }
  const unreachable = connectionProblem(error);
  if (unreachable !== undefined) {
    return new DockerFailure(`Docker at ${host} cannot be reached: ${unreachable}`, error);
  }
  const message = dockerMessage(error);
  if (isRefusal(error) && /no space left on device/i.test(message)) {
    const advice = `the disk of Docker at ${host} is full: free disk space, for example with docker system prune`;
    return new DockerFailure(withAdvice(message, advice), error);
  }
  return error;
}

function connectionProblem(error: unknown): string | undefined {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined) {
    return undefined;
  }
  const otherwise = "set DOCKER_HOST, or host of the Docker provider, to the address of Docker";
  if (syscall === "connect" && (code === "ENOENT" || code === "ECONNREFUSED")) {
    return `nothing listens at this address (${code}); start Docker, or ${otherwise}`;
  }
  if (syscall === "connect" && (code === "EACCES" || code === "EPERM")) {
    return `this user has no access (${code}); join the group docker and log in again, or ${otherwise}`;
  }
  if (syscall === "getaddrinfo") {
    return `the host name cannot be resolved (${code}); ${otherwise}`;
  }
  if (syscall === "connect" || code === "ECONNRESET" || code === "EPIPE") {
    return `${message}; check that Docker runs, or ${otherwise}`;
  }
  // Errors of TLS have their own codes.
  if (/CERT|TLS|SSL|UNABLE_TO/.test(code)) {
    return `${message}; check that certPath contains the certificates for this host`;
  }
  return undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
