import { basicLogin } from "../topology/basicLogin.ts";
import type { NodePlan } from "../topology/topology.ts";
import { CheckFailure, logOf } from "./finding.ts";

/**
 * Milliseconds to wait for one answer. A scrape takes tens of milliseconds; checking a hashed password takes hundreds.
 */
const requestLimit = 3000;

/** A complete HTTP response. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** The body. */
  readonly text: string;
}

/**
 * Sends one HTTP request to a node and returns the response, whatever its status.
 *
 * @throws CheckFailure when there is no response, or it is not complete in time
 */
export async function request(node: NodePlan, url: URL, options: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(requestLimit) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    throw new CheckFailure([{ problem: `${node.name} at ${url.origin} ${whyNot(error)}`, lookAt: logOf(node) }]);
  }
}

/** Returns the headers for HTTP basic authentication. */
export function loginHeaders({ user, password }: Login): Record<string, string> {
  return { authorization: basicLogin(user, password) };
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Describes why a request failed. The message of fetch is just "fetch failed", and its cause has the reason. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  if (error.name === "TimeoutError") {
    return `does not answer within ${requestLimit} ms`;
  }
  return `does not answer: ${error.cause instanceof Error ? error.cause.message : error.message}`;
}
