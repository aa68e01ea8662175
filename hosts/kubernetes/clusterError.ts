/**
 * The API server refused a request, or did not answer; the message is the server's own.
 *
 * This file does not import the Kubernetes client: every program loads it, and the client has a thousand modules.
 */
export class ClusterError extends Error {
  /** The HTTP status of a refusal; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.name = "ClusterError";
    this.status = status;
  }
}

/** Whether the API server said that an object does not exist, or that this user may not see it. */
export function isAbsence(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (error.status === 404 || error.status === 403);
}
