import { randomUUID } from "node:crypto";
import { CheckFailure, joinNames, logOf } from "../redis/finding.ts";
import { type Login, loginHeaders, request } from "../redis/http.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import { metricsTargets } from "../topology/metricsTargets.ts";
import { guardedParts } from "../topology/nodes.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";

type Exporter = NonNullable<VerificationTarget["exporter"]>;

/**
 * The login proxy forwards requests to the exporter and Commander only with the right login. It forwards no request to
 * the exporter that would show keys or scrape another target. Other checks test what exporter and Commander answer.
 */
export const loginsRequired: Check = {
  name: "exporter and Commander require a login, and the exporter serves only the set's own metrics",
  needs: [],
  start: (set) => {
    const { exporter, loginProxy } = set.target;
    if (loginProxy === undefined) {
      return undefined;
    }
    const parts = guardedParts(set.target);
    return async () => {
      await set.askEach(parts, (part) => refusesUnauthenticated(set, { ...loginProxy, ...part.access }, part.user));
      if (exporter !== undefined) {
        await refusesOtherRequests(set, { ...loginProxy, ...exporter.access }, exporter);
      }
      return `missing and wrong logins are refused for ${joinNames(parts.map(({ name }) => name))}`;
    };
  },
};

async function refusesUnauthenticated(set: RunningSet, page: NodePlan, user: string): Promise<void> {
  const ask = (path: string, login?: Login) => statusOf(set, page, path, login);
  expectStatus(page, `${page.endpoint.port}/ without a login`, 401, await ask("/"));
  expectStatus(page, `${page.endpoint.port}/signin without a login`, 401, await ask("/signin"));
  const wrong = { user, password: randomUUID() };
  expectStatus(page, `${page.endpoint.port}/ with a wrong login`, 401, await ask("/", wrong));
}

/** Checks that the proxy refuses, even with the right login, a foreign target and the two parameters that show keys. */
async function refusesOtherRequests(set: RunningSet, page: NodePlan, exporter: Exporter): Promise<void> {
  const own = metricsTargets(set.target)[0]?.target ?? "";
  for (const query of ["target=redis://192.0.2.1:6379", `target=${own}&check-keys=*`, `target=${own}&count-keys=*`]) {
    const path = `/scrape?${query}`;
    expectStatus(page, `${page.endpoint.port}${path}`, 403, await statusOf(set, page, path, exporter));
  }
}

async function statusOf(set: RunningSet, page: NodePlan, path: string, login?: Login): Promise<number> {
  const url = new URL(path, `http://${formatEndpoint(set.addressing.endpoint(page))}`);
  return (await request(page, url, login === undefined ? {} : { headers: loginHeaders(login) })).status;
}

function expectStatus(page: NodePlan, question: string, expected: number, actual: number): void {
  if (actual !== expected) {
    const problem = `${page.name} answers :${question} with HTTP ${actual}; ${expected} is expected`;
    // Any other status may be temporary, such as 429 while the proxy blocks this address, or another set's answer.
    throw new CheckFailure([{ problem, lookAt: logOf(page), permanent: actual === 200 }]);
  }
}
