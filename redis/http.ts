import { basicLogin } from "../topology/basicLogin.ts";
import type { NodePlan } from "../topology/topology.ts";
import { CheckFailure, logOf } from "./finding.ts";

/** Milliseconds for one answer; a scrape takes tens of milliseconds, a login with a hashed password a few hundred. */
const requestLimit = 3000;

/** An answer that has come to its end. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Its body. */
  readonly text: string;
}

/**
 * One HTTP request to a node.
 *
 * @throws CheckFailure when there is no answer, or not all of it in time; an answer of any status is returned.
 */
export async function request(node: NodePlan, url: URL, options: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(requestLimit) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    throw new CheckFailure([{ problem: `${node.name} at ${url.origin} ${whyNot(error)}`, lookAt: logOf(node) }]);
  }
}

/** The headers of a request with a login by HTTP basic authentication. */
export function loginHeaders({ user, password }: Login): Record<string, string> {
  return { authorization: basicLogin(user, password) };
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** fetch says "fetch failed" and keeps the reason as the cause. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  if (error.name === "TimeoutError") {
    return `does not answer within ${requestLimit} ms`;
  }
  return `does not answer: ${error.cause instanceof Error ? error.cause.message : error.message}`;
}
