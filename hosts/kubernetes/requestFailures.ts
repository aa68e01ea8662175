import { ApiException } from "@kubernetes/client-node";
import { ClusterError } from "./clusterError.ts";

/**
 * Converts a failed request to an error with a message for people. An error of this program is returned unchanged.
 *
 * @param server the address of the API server
 */
export function toClusterError(error: unknown, server: string): unknown {
  if (error instanceof ApiException) {
    return new ClusterError(wordsOfRefusal(error), error.code);
  }
  // A failed fetch throws a TypeError whose cause has the reason.
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
 * Returns true if the login program of the kubeconfig could not be started, or failed. If it failed, its output is the
 * message of a plain `Error`.
 */
function isOfLogin(error: unknown): error is Error {
  const notRun = error instanceof Error && "syscall" in error && String(error.syscall).startsWith("spawn");
  return notRun || (error instanceof Error && error.constructor === Error && !("code" in error));
}

/** Returns the message of Kubernetes' Status object, a sentence that names verb, resource and reason. */
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
