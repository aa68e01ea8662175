import { DockerFailure, dockersWords, Interrupted, isRefusal, withAdvice } from "./errors.ts";

/**
 * Makes an error that has its cause outside of the resource a failure that says what to do: Docker cannot be reached,
 * the disk is full. Any other error is returned as it is.
 */
export function circumstance(error: unknown, host: string, interrupted: boolean): unknown {
  if (interrupted && isAbort(error)) {
    return new Interrupted("talking to Docker");
  }
  const unreachable = connectionProblem(error);
  if (unreachable !== undefined) {
    return new DockerFailure(`Docker at ${host} cannot be reached: ${unreachable}`, error);
  }
  const words = dockersWords(error);
  if (isRefusal(error) && /no space left on device/i.test(words)) {
    const advice = `the disk of Docker at ${host} is full: free some, for example with docker system prune`;
    return new DockerFailure(withAdvice(words, advice), error);
  }
  return error;
}

function connectionProblem(error: unknown): string | undefined {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined) {
    return undefined;
  }
  const otherwise = "set DOCKER_HOST, or host of the Docker provider, to where it listens";
  if (syscall === "connect" && (code === "ENOENT" || code === "ECONNREFUSED")) {
    return `nothing listens there (${code}); start Docker, or ${otherwise}`;
  }
  if (syscall === "connect" && (code === "EACCES" || code === "EPERM")) {
    return `this user may not use it (${code}); join the group docker and log in again, or ${otherwise}`;
  }
  if (syscall === "getaddrinfo") {
    return `the name of the host is not known (${code}); ${otherwise}`;
  }
  if (syscall === "connect" || code === "ECONNRESET" || code === "EPIPE") {
    return `${message}; see that it runs, or ${otherwise}`;
  }
  // The checks of TLS have codes of their own.
  if (/CERT|TLS|SSL|UNABLE_TO/.test(code)) {
    return `${message}; see that certPath holds the certificates of this host`;
  }
  return undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
