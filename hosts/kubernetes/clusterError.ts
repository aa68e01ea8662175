import { ApiException } from "@kubernetes/client-node";

/** The API server refused something, or did not answer; the message is in its own words. */
export class ClusterError extends Error {
  /** The HTTP status of a refusal; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.name = "ClusterError";
    this.status = status;
  }
}

/** Whether the API server has said that something is not there, or not for us. */
export function isAbsence(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (error.status === 404 || error.status === 403);
}

/**
 * What a request has failed with, in words for people; an error of the program's own is left as it is.
 *
 * @param server address of the API server
 */
export function toClusterError(error: unknown, server: string): unknown {
  if (error instanceof ApiException) {
    return new ClusterError(wordsOfRefusal(error), error.code);
  }
  // A fetch that fails is a TypeError, and keeps the reason as its cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (isOfLogin(cause)) {
    return new ClusterError(`cannot log in to the cluster at ${server}: ${cause.message.trim()}`, undefined);
  }
  if (cause instanceof Error && "code" in cause) {
    return new ClusterError(`the cluster at ${server} does not answer: ${cause.message}`, undefined);
  }
  return error;
}

/**
 * Whether the program that a kubeconfig names for logging in could not be run, or has failed: what it said then is the
 * message of an error without a kind of its own.
 */
function isOfLogin(error: unknown): error is Error {
  const notRun = error instanceof Error && "syscall" in error && String(error.syscall).startsWith("spawn");
  return notRun || (error instanceof Error && error.constructor === Error && !("code" in error));
}

/** Kubernetes' Status has one sentence that names verb, resource and reason. */
function wordsOfRefusal({ code, body }: ApiException<unknown>): string {
  const status: unknown = typeof body === "string" ? parsed(body) : body;
  if (typeof status === "object" && status !== null && "message" in status) {
    return String(status.message);
  }
  return `the cluster answers with HTTP ${code}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
