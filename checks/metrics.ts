import { CheckFailure } from "../redis/finding.ts";
import { loginHeaders, request } from "../redis/http.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import { metricsTarget } from "../topology/metricsTargets.ts";
import type { NodePlan } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { dataNodesAnswer, sentinelsAnswer } from "./connectivity.ts";
import { loginsRequired } from "./loginProxy.ts";

type Exporter = NonNullable<VerificationTarget["exporter"]>;

/**
 * The exporter scrapes every data node and every Sentinel. The HTTP status alone is not enough: for a dead target the
 * exporter answers 200 too, with `redis_up 0`.
 */
export const metricsUp: Check = {
  name: "every metrics target is up",
  needs: [dataNodesAnswer, sentinelsAnswer, loginsRequired],
  start: (set) => {
    const { exporter, dataNodes, sentinels } = set.target;
    if (exporter === undefined) {
      return undefined;
    }
    const targets = [...dataNodes, ...sentinels];
    return async () => {
      await set.askEach(targets, (target) => scrape(set, exporter, target));
      return `${targets.length} of ${targets.length}`;
    };
  },
};

async function scrape(set: RunningSet, exporter: Exporter, target: NodePlan): Promise<void> {
  const page = { ...exporter, ...exporter.access };
  const url = new URL(`http://${formatEndpoint(set.addressing.endpoint(page))}/scrape`);
  // The exporter runs inside the set's network, so it needs the target's inside address in every address mode.
  url.searchParams.set("target", metricsTarget(target));
  const { ok, status, text: metrics } = await request(page, url, { headers: loginHeaders(exporter) });
  if (!ok || !/^redis_up 1$/m.test(metrics)) {
    const problem = `${exporter.name} cannot scrape ${target.name}: ${complaint(status, metrics)}`;
    // With a user and no password, curl prompts for the password.
    throw new CheckFailure([{ problem, lookAt: `curl -u ${exporter.user} '${url}'` }]);
  }
}

function complaint(status: number, metrics: string): string {
  if (status !== 200) {
    return `HTTP ${status} ${metrics.trim().slice(0, 200)}`;
  }
  const error = /^redis_exporter_last_scrape_error\{err="(.+)"\} 1/m.exec(metrics)?.[1];
  return error ?? (/^redis_up .*$/m.exec(metrics)?.[0] || "its answer has no redis_up");
}
