import { randomUUID } from "node:crypto";
import { CheckFailure, logOf } from "../redis/finding.ts";
import { loginHeaders, request } from "../redis/http.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Finding } from "../topology/finding.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";

type Gateway = VerificationTarget["gateways"][number];

/**
 * The statistics page requires a login, because it shows the address and the load of every node. Prometheus reads the
 * metrics without a login.
 */
export const gatewaysGuarded: Check = {
  name: "every gateway requires a login for its statistics, and serves its metrics without one",
  needs: [],
  start: (set) => {
    const { gateways } = set.target;
    if (gateways.length === 0) {
      return undefined;
    }
    return async () => {
      await set.askEach(gateways, (gateway) => guarded(set, gateway));
      const users = [...new Set(gateways.map(({ user }) => user))].join(", ");
      return `a wrong login is refused; ${users} sees the statistics`;
    };
  },
};

async function guarded(set: RunningSet, gateway: Gateway): Promise<void> {
  // The page has a port of its own.
  const page: NodePlan = { ...gateway, ...gateway.statistics };
  const at = (path: string) => new URL(path, `http://${formatEndpoint(set.addressing.endpoint(page))}`);
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await request(page, at(path), { headers })).status;
  expectStatus(gateway, "a request without a login", 401, await status("/"));
  expectStatus(
    gateway,
    "a wrong login",
    401,
    await status("/", loginHeaders({ user: gateway.user, password: randomUUID() })),
  );
  expectStatus(gateway, "the right login", 200, await status("/", loginHeaders(gateway)));
  const { text: metrics } = await request(page, at("/metrics"));
  if (!/^haproxy_process_uptime_seconds /m.test(metrics)) {
    throw new CheckFailure([wrong(gateway, "its metrics lack haproxy_process_uptime_seconds")]);
  }
}

function expectStatus(gateway: Gateway, question: string, expected: number, actual: number): void {
  if (actual !== expected) {
    throw new CheckFailure([
      { ...wrong(gateway, `answers ${question} with HTTP ${actual}; ${expected} is expected`), permanent: true },
    ]);
  }
}

function wrong(gateway: Gateway, what: string): Finding {
  return { problem: `${gateway.name}: ${what}`, lookAt: logOf(gateway) };
}
