/**
 * The API server refused a request or did not answer. The message of a refusal is the server's.
 *
 * This file does not import the Kubernetes client, because every command loads this file and the client has about a
 * thousand modules.
 */
export class ClusterError extends Error {
  /** The HTTP status of a refusal; undefined if there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.name = "ClusterError";
    this.status = status;
  }
}

/** Returns true if an object does not exist, or this user may not read it. */
export function isAbsence(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (error.status === 404 || error.status === 403);
}
